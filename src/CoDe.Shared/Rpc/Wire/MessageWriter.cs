using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Grpc.Core.Wire;

/// <summary>Writes length-prefixed messages to a pipe. A message that says its length is serialized straight into it.</summary>
internal sealed class MessageWriter(PipeWriter pipe, int? largest, bool gzip) : SerializationContext
{
    private const int PrefixBytes = 5;

    private ArrayBufferWriter<byte>? _buffer;
    private bool _compress;
    private bool _direct;

    /// <summary>Puts a message into the pipe, unflushed.</summary>
    /// <exception cref="RpcException">The message is too large.</exception>
    public void Write<T>(Marshaller<T> marshaller, T message, bool compress)
    {
        (_compress, _direct) = (gzip && compress, false);
        _buffer?.ResetWrittenCount();
        marshaller.ContextualSerializer(message, this);
    }

    public override void SetPayloadLength(int payloadLength)
    {
        if (!_compress)
        {
            WritePrefix(payloadLength);
            _direct = true;
        }
    }

    public override IBufferWriter<byte> GetBufferWriter() => _direct ? pipe : _buffer ??= new ArrayBufferWriter<byte>();

    public override void Complete()
    {
        if (!_direct)
        {
            Complete(_buffer is null ? [] : _buffer.WrittenSpan);
        }
    }

    public override void Complete(byte[] payload) => Complete(payload.AsSpan());

    private void Complete(ReadOnlySpan<byte> payload)
    {
        if (_compress)
        {
            using var compressed = new MemoryStream();
            using (var stream = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                stream.Write(payload);
            }

            payload = compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
        }

        WritePrefix(payload.Length);
        pipe.Write(payload);
    }

    private void WritePrefix(int length)
    {
        if (length > (largest ?? int.MaxValue))
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"Sending message exceeds the maximum configured message size: {length} of {largest} bytes."));
        }

        var prefix = pipe.GetSpan(PrefixBytes);
        prefix[0] = _compress ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        pipe.Advance(PrefixBytes);
    }
}
