using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using CommunityToolkit.HighPerformance.Buffers;

namespace Grpc.Core.Wire;

/// <summary>Reads length-prefixed messages from a pipe. A payload is read in place; only a compressed one is copied.</summary>
/// <param name="largest">Bytes of a message, as sent and decompressed; null for any.</param>
internal sealed class MessageReader(PipeReader pipe, int? largest)
{
    private const int PrefixBytes = 5;
    private const int DecompressedChunk = 16 * 1024;

    /// <summary>grpc-encoding of the other side; empty is identity.</summary>
    public string Encoding { get; init; } = "";

    /// <summary>The next message, or null at the end.</summary>
    /// <exception cref="RpcException">The message is too large, cut off or not decompressible.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            if (TryRead(result.Buffer, out var payload, out var compressed))
            {
                var message = Deserialize(marshaller, payload, compressed);
                pipe.AdvanceTo(payload.End);
                return message;
            }

            if (result.IsCompleted)
            {
                return result.Buffer.IsEmpty ? null : throw Failure(StatusCode.Internal, "The message is cut off.");
            }

            WaitForMore(result, cancellation);
        }
    }

    /// <summary>The one message of a side that sends one, once that side has said that it is all.</summary>
    /// <exception cref="RpcException">There is none, or more than one, or it is too large, cut off or not decompressible.</exception>
    public async ValueTask<T> ReadOnlyAsync<T>(Marshaller<T> marshaller, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            var whole = TryRead(result.Buffer, out var payload, out var compressed);
            if (whole && result.Buffer.Length > PrefixBytes + payload.Length)
            {
                throw Failure(StatusCode.Internal, "Additional data after the message received.");
            }

            if (result.IsCompleted)
            {
                var message = whole ? Deserialize(marshaller, payload, compressed) : throw Failure(StatusCode.Internal, "Incomplete message.");
                pipe.AdvanceTo(payload.End);
                return message;
            }

            WaitForMore(result, cancellation);
        }
    }

    /// <summary>Gives the pipe's memory back; nothing is read after.</summary>
    public void Complete() => pipe.Complete();

    private static RpcException Failure(StatusCode code, string detail, Exception? cause = null) => new(new Status(code, detail, cause));

    private void WaitForMore(ReadResult result, CancellationToken cancellation)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException(cancellation);
        }

        pipe.AdvanceTo(result.Buffer.Start, result.Buffer.End);
    }

    private bool TryRead(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload, out bool compressed)
    {
        (payload, compressed) = (default, false);
        if (buffer.Length < PrefixBytes)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] > 1)
        {
            throw Failure(StatusCode.Internal, $"A message begins with {prefix[0]}, which is neither plain nor compressed.");
        }

        compressed = prefix[0] == 1;
        if (length > (largest ?? int.MaxValue))
        {
            throw Failure(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: {length} of {largest ?? int.MaxValue} bytes.");
        }

        if (buffer.Length - PrefixBytes < length)
        {
            return false;
        }

        payload = buffer.Slice(PrefixBytes, length);
        return true;
    }

    private T Deserialize<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload, bool compressed)
    {
        using var plain = compressed ? Decompress(payload) : null;
        try
        {
            return marshaller.ContextualDeserializer(new Payload(plain is null ? payload : new ReadOnlySequence<byte>(plain.WrittenMemory)));
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Failure(StatusCode.Internal, "The message cannot be read.", error);
        }
    }

    private ArrayPoolBufferWriter<byte> Decompress(ReadOnlySequence<byte> payload)
    {
        if (Encoding != ProtocolText.Gzip)
        {
            throw Encoding is "" or ProtocolText.Identity
                ? Failure(StatusCode.Internal, "A message is compressed, but grpc-encoding is identity.")
                : Failure(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{Encoding}'. Supported encodings: {ProtocolText.AcceptedEncodings}.");
        }

        var plain = new ArrayPoolBufferWriter<byte>();
        try
        {
            using var gzip = new GZipStream(PipeReader.Create(payload).AsStream(), CompressionMode.Decompress);
            for (int count; (count = gzip.Read(plain.GetSpan(DecompressedChunk))) > 0;)
            {
                plain.Advance(count);
                if (plain.WrittenCount > (largest ?? int.MaxValue))
                {
                    throw Failure(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: more than {largest} bytes when decompressed.");
                }
            }

            return EndsWith(payload, plain.WrittenCount) ? plain : throw new InvalidDataException("The gzip data are cut off.");
        }
        catch (Exception error)
        {
            plain.Dispose();
            throw error as RpcException ?? Failure(StatusCode.Internal, "A compressed message cannot be decompressed.", error);
        }
    }

    /// <summary>GZipStream takes the end of its input for the end of the data; only the length that gzip ends with (RFC 1952, ISIZE) tells a whole one.</summary>
    private static bool EndsWith(ReadOnlySequence<byte> gzip, int length)
    {
        const int shortest = 20; // Header, no data, trailer.
        Span<byte> end = stackalloc byte[sizeof(int)];
        if (gzip.Length < shortest)
        {
            return false;
        }

        gzip.Slice(gzip.Length - end.Length).CopyTo(end);
        return BinaryPrimitives.ReadInt32LittleEndian(end) == length;
    }

    private sealed class Payload(ReadOnlySequence<byte> bytes) : DeserializationContext
    {
        public override int PayloadLength => (int)bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => bytes;
    }
}
