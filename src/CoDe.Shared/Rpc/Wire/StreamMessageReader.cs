namespace Grpc.Core.Wire;

/// <summary>Reads messages from a stream, each into one pooled array.</summary>
internal sealed class StreamMessageReader(Stream stream, MessageDecoder decoder)
{
    private readonly byte[] _prefix = new byte[MessageDecoder.PrefixBytes];

    /// <summary>The next message, or null at the end.</summary>
    /// <exception cref="RpcException">The message is too large, cut off or not decodable.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellation)
        where T : class
    {
        var read = await stream.ReadAtLeastAsync(_prefix, _prefix.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        if (read < _prefix.Length)
        {
            return read == 0 ? null : throw CutOff();
        }

        var (compressed, length) = decoder.ReadPrefix(_prefix);
        using var message = new GatheredMessage(length);
        while (message.Missing > 0)
        {
            read = await stream.ReadAsync(message.Room(), cancellation).ConfigureAwait(false);
            message.Advance(read > 0 ? read : throw CutOff());
        }

        return decoder.Decode(marshaller, message.Bytes, compressed);
    }

    private static RpcException CutOff() => MessageDecoder.Failure(StatusCode.Internal, "The message is cut off.");
}
