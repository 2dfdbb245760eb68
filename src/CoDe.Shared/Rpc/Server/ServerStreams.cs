using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The client's messages.</summary>
internal sealed class ServerStreamReader<T>(HttpContextServerCallContext call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
        => cancellationToken.CanBeCanceled && cancellationToken != call.CancellationToken ? MoveNextWithinAsync(cancellationToken) : MoveNextAsync(call.CancellationToken);

    private async Task<bool> MoveNextWithinAsync(CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, cancellationToken);
        return await MoveNextAsync(both.Token).ConfigureAwait(false);
    }

    private async Task<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        _current = await call.Reader.ReadAsync(marshaller, cancellationToken).ConfigureAwait(false);
        return _current is not null;
    }
}

/// <summary>Messages to the client.</summary>
internal sealed class ServerStreamWriter<T>(HttpContextServerCallContext call, Marshaller<T> marshaller) : IServerStreamWriter<T>
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
            cancellationToken.ThrowIfCancellationRequested();
            var options = WriteOptions ?? call.WriteOptions;
            call.Write(marshaller, message, options);
            if (options is null || !options.Flags.HasFlag(WriteFlags.BufferHint))
            {
                await call.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }
}
