using System.Buffers;
using System.IO.Pipelines;

namespace Grpc.Core.Wire;

/// <summary>Reads messages from a pipe: short ones in place, long ones gathered in an array as they come, so that the pipe's memory is used again.</summary>
internal sealed class PipeMessageReader(PipeReader pipe, MessageDecoder decoder)
{
    /// <summary>A message longer than this is gathered.</summary>
    private const int LongestInPlace = 64 * 1024;

    /// <summary>The next message, or null at the end.</summary>
    /// <exception cref="RpcException">The message is too large, cut off or not decodable.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            var prefix = ReadPrefix(result.Buffer);
            if (prefix is var (compressed, length))
            {
                var start = result.Buffer.Slice(MessageDecoder.PrefixBytes);
                if (start.Length >= length)
                {
                    var message = decoder.Decode(marshaller, start.Slice(0, length), compressed);
                    pipe.AdvanceTo(start.GetPosition(length));
                    return message;
                }

                if (length > LongestInPlace)
                {
                    pipe.AdvanceTo(start.Start);
                    return await GatherAsync(marshaller, compressed, length, cancellation).ConfigureAwait(false);
                }
            }

            if (result.IsCompleted)
            {
                return result.Buffer.IsEmpty ? null : throw CutOff();
            }

            Check(result, cancellation);
            pipe.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>The one message of a side that sends one, once that side has said that it is all.</summary>
    /// <exception cref="RpcException">There is none, or more than one, or it is too large, cut off or not decodable.</exception>
    public async ValueTask<T> ReadOnlyAsync<T>(Marshaller<T> marshaller, CancellationToken cancellation)
        where T : class
    {
        var message = await ReadAsync(marshaller, cancellation).ConfigureAwait(false) ?? throw MessageDecoder.Failure(StatusCode.Internal, "Incomplete message.");
        while (true)
        {
            var rest = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            Check(rest, cancellation);
            if (!rest.Buffer.IsEmpty)
            {
                throw MessageDecoder.Failure(StatusCode.Internal, "Additional data after the message received.");
            }

            pipe.AdvanceTo(rest.Buffer.End);
            if (rest.IsCompleted)
            {
                return message;
            }
        }
    }

    private static RpcException CutOff() => MessageDecoder.Failure(StatusCode.Internal, "The message is cut off.");

    private static void Check(ReadResult result, CancellationToken cancellation)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private (bool Compressed, int Length)? ReadPrefix(ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < MessageDecoder.PrefixBytes)
        {
            return null;
        }

        Span<byte> prefix = stackalloc byte[MessageDecoder.PrefixBytes];
        buffer.Slice(0, prefix.Length).CopyTo(prefix);
        return decoder.ReadPrefix(prefix);
    }

    private async ValueTask<T> GatherAsync<T>(Marshaller<T> marshaller, bool compressed, int length, CancellationToken cancellation)
    {
        using var message = new GatheredMessage(length);
        while (message.Missing > 0)
        {
            var result = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            Check(result, cancellation);
            if (result.IsCompleted && result.Buffer.Length < message.Missing)
            {
                throw CutOff();
            }

            var rest = result.Buffer;
            while (!rest.IsEmpty && message.Missing > 0)
            {
                var part = rest.FirstSpan[..Math.Min(rest.FirstSpan.Length, message.Room().Length)];
                part.CopyTo(message.Room().Span);
                message.Advance(part.Length);
                rest = rest.Slice(part.Length);
            }

            pipe.AdvanceTo(rest.Start);
        }

        return decoder.Decode(marshaller, message.Bytes, compressed);
    }
}
