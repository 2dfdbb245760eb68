using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using CommunityToolkit.HighPerformance.Buffers;

namespace Grpc.Core.Wire;

/// <summary>From the bytes of length-prefixed messages to messages. A payload is read in place; only a compressed one is copied.</summary>
/// <param name="largest">Bytes of a message, as sent and decompressed; null for any.</param>
/// <param name="encoding">grpc-encoding of the other side; empty is identity.</param>
internal sealed class MessageDecoder(int? largest, string encoding)
{
    public const int PrefixBytes = 5;

    private const int DecompressedChunk = 16 * 1024;

    public static RpcException Failure(StatusCode code, string detail, Exception? cause = null) => new(new Status(code, detail, cause));

    /// <summary>What stands before a message.</summary>
    /// <exception cref="RpcException">The message is too large, or its flag means nothing.</exception>
    public (bool Compressed, int Length) ReadPrefix(ReadOnlySpan<byte> prefix)
    {
        if (prefix[0] > 1)
        {
            throw Failure(StatusCode.Internal, $"A message begins with {prefix[0]}, which is neither plain nor compressed.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length <= (largest ?? int.MaxValue)
            ? (prefix[0] == 1, (int)length)
            : throw Failure(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: {length} of {largest ?? int.MaxValue} bytes.");
    }

    /// <exception cref="RpcException">The payload cannot be decompressed, or is no such message.</exception>
    public T Decode<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload, bool compressed)
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
        if (encoding != ProtocolText.Gzip)
        {
            throw encoding is "" or ProtocolText.Identity
                ? Failure(StatusCode.Internal, "A message is compressed, but grpc-encoding is identity.")
                : Failure(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {ProtocolText.AcceptedEncodings}.");
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
