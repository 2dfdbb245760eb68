using System.Buffers;
using System.Net;
using CommunityToolkit.HighPerformance.Buffers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>A request body of one message.</summary>
internal sealed class MessageContent : HttpContent
{
    private readonly Action<IBufferWriter<byte>> _write;

    /// <param name="write">Writes the message with its prefix.</param>
    public MessageContent(Action<IBufferWriter<byte>> write)
    {
        _write = write;
        Headers.TryAddWithoutValidation("Content-Type", ProtocolText.ContentType);
    }

    /// <summary>Why the message could not be written.</summary>
    public RpcException? Failure { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var message = new ArrayPoolBufferWriter<byte>();
        try
        {
            _write(message);
        }
        catch (Exception error)
        {
            Failure = error as RpcException ?? new RpcException(new Status(StatusCode.Internal, "The message cannot be written.", error));
            throw Failure;
        }

        await stream.WriteAsync(message.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

/// <summary>A request body that stays open until all messages are written.</summary>
internal sealed class MessagesContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MessagesContent() => Headers.TryAddWithoutValidation("Content-Type", ProtocolText.ContentType);

    /// <summary>The open request stream, once there is a connection.</summary>
    public Task<Stream> Stream => _stream.Task;

    public void Complete() => _completed.TrySetResult();

    /// <summary>Says that no message can follow: the request is reset.</summary>
    public void Cancel()
    {
        _stream.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync().ConfigureAwait(false);
        _stream.TrySetResult(stream);
        await _completed.Task.ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
