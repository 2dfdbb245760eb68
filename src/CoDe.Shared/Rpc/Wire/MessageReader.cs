using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Grpc.Core.Wire;

/// <summary>Reads length-prefixed messages from a pipe. A payload is read in place; only a compressed one is copied.</summary>
internal sealed class MessageReader(PipeReader pipe, int? largest)
{
    private const int PrefixBytes = 5;

    /// <summary>grpc-encoding of the other side.</summary>
    public string Encoding { get; set; } = ProtocolText.Identity;

    /// <summary>The next message, or null at the end.</summary>
    /// <exception cref="RpcException">The message is too large, cut off or not decompressible.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellation)
        where T : class
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException(cancellation);
            }

            if (TryRead(result.Buffer, out var payload, out var compressed))
            {
                var message = Deserialize(marshaller, compressed ? Decompress(payload) : payload);
                pipe.AdvanceTo(payload.End);
                return message;
            }

            if (result.IsCompleted)
            {
                var rest = result.Buffer.Length;
                pipe.AdvanceTo(result.Buffer.End);
                return rest == 0 ? null : throw Failure(StatusCode.Internal, "The message is cut off.");
            }

            pipe.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static T Deserialize<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload)
    {
        try
        {
            return marshaller.ContextualDeserializer(new Payload(payload));
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The message cannot be read.", error));
        }
    }

    private static RpcException Failure(StatusCode code, string detail) => new(new Status(code, detail));

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
            throw Failure(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: {length} of {largest} bytes.");
        }

        if (buffer.Length - PrefixBytes < length)
        {
            return false;
        }

        payload = buffer.Slice(PrefixBytes, length);
        return true;
    }

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload)
    {
        if (Encoding != ProtocolText.Gzip)
        {
            throw Failure(
                Encoding == ProtocolText.Identity ? StatusCode.Internal : StatusCode.Unimplemented,
                $"A message is compressed, but grpc-encoding is {Encoding}; supported: {ProtocolText.Identity}, {ProtocolText.Gzip}.");
        }

        try
        {
            using var gzip = new GZipStream(new MemoryStream(payload.ToArray()), CompressionMode.Decompress);
            return new ReadOnlySequence<byte>(ReadWithin(gzip));
        }
        catch (InvalidDataException error)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A compressed message cannot be decompressed.", error));
        }
    }

    private byte[] ReadWithin(GZipStream gzip)
    {
        using var plain = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int count; (count = gzip.Read(chunk)) > 0;)
        {
            plain.Write(chunk, 0, count);
            if (plain.Length > (largest ?? int.MaxValue))
            {
                throw Failure(StatusCode.ResourceExhausted, $"Received message exceeds the maximum configured message size: more than {largest} bytes when decompressed.");
            }
        }

        return plain.ToArray();
    }

    private sealed class Payload(ReadOnlySequence<byte> bytes) : DeserializationContext
    {
        public override int PayloadLength => (int)bytes.Length;

        public override byte[] PayloadAsNewBuffer() => bytes.ToArray();

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => bytes;
    }
}
