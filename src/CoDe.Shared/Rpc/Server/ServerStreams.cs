using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The client's messages.</summary>
internal sealed class ServerStreamReader<T>(HttpContextServerCallContext call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, cancellationToken);
        _current = await call.Reader.ReadAsync(marshaller, both.Token).ConfigureAwait(false);
        return _current is not null;
    }
}

/// <summary>Messages to the client.</summary>
internal sealed class ServerStreamWriter<T>(HttpContextServerCallContext call, Marshaller<T> marshaller, System.IO.Pipelines.PipeWriter pipe) : IServerStreamWriter<T>
    where T : class
{
    private int _writing;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            var options = WriteOptions ?? call.WriteOptions;
            call.Writer.Write(marshaller, message, compress: options is null || !options.Flags.HasFlag(WriteFlags.NoCompress));
            await pipe.FlushAsync(cancellationToken.CanBeCanceled ? cancellationToken : call.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }
}
