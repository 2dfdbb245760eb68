using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using CommunityToolkit.HighPerformance;
using CommunityToolkit.HighPerformance.Buffers;

namespace Grpc.Core.Wire;

/// <summary>Writes length-prefixed messages. A message that says its length is serialized straight into the output.</summary>
/// <param name="largest">Bytes of a message; null for any.</param>
/// <param name="gzip">How messages are compressed; null for not at all.</param>
/// <param name="contiguous">Whether the output is one array, which is best sized at once.</param>
internal sealed class MessageWriter(IBufferWriter<byte> output, int? largest, CompressionLevel? gzip, bool contiguous = false) : SerializationContext
{
    private const int PrefixBytes = 5;

    private ArrayPoolBufferWriter<byte>? _buffer;
    private int? _length;
    private bool _compress;

    /// <summary>Puts a message into the output.</summary>
    /// <exception cref="RpcException">The message is too large.</exception>
    public void Write<T>(Marshaller<T> marshaller, T message, bool compress)
    {
        (_compress, _length) = (gzip is not null && compress, null);
        try
        {
            marshaller.ContextualSerializer(message, this);
        }
        finally
        {
            _buffer?.Dispose();
            _buffer = null;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        if (!_compress)
        {
            WritePrefix(payloadLength);
            _length = payloadLength;
        }
    }

    public override IBufferWriter<byte> GetBufferWriter() => _length is null ? _buffer ??= new ArrayPoolBufferWriter<byte>() : output;

    public override void Complete()
    {
        if (_length is null)
        {
            Complete(_buffer is null ? [] : _buffer.WrittenSpan);
        }
    }

    public override void Complete(byte[] payload) => Complete(payload.AsSpan());

    private void Complete(ReadOnlySpan<byte> payload)
    {
        // Of nothing GZipStream makes nothing, which is no gzip.
        _compress &= !payload.IsEmpty;
        if (!_compress)
        {
            WritePrefix(payload.Length);
            output.Write(payload);
            return;
        }

        CheckSize(payload.Length);
        using var compressed = new ArrayPoolBufferWriter<byte>();
        using (var stream = new GZipStream(compressed.AsStream(), gzip!.Value))
        {
            stream.Write(payload);
        }

        WritePrefix(compressed.WrittenCount);
        output.Write(compressed.WrittenSpan);
    }

    private void WritePrefix(int length)
    {
        CheckSize(length);
        var prefix = output.GetSpan(contiguous ? PrefixBytes + length : PrefixBytes);
        prefix[0] = _compress ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        output.Advance(PrefixBytes);
    }

    private void CheckSize(int length)
    {
        if (length > (largest ?? int.MaxValue))
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"Sending message exceeds the maximum configured message size: {length} of {largest} bytes."));
        }
    }
}
