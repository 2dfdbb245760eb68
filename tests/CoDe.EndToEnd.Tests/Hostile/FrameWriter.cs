using System.Buffers;
using System.Buffers.Binary;

namespace CoDe.EndToEnd.Hostile;

/// <summary>Frame types of RFC 9113, section 6.</summary>
internal enum FrameType : byte
{
    Data,
    Headers,
    Priority,
    ResetStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
}

/// <summary>Writes HTTP/2 frames byte by byte, so that every rule can be broken.</summary>
internal sealed class FrameWriter
{
    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;
    public const byte Padded = 8;
    public const byte Prioritized = 32;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public FrameWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public FrameWriter Preface() => Raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);

    /// <summary>Writes the header of a frame, whatever follows.</summary>
    public FrameWriter Head(int length, byte type, byte flags, uint stream)
    {
        var head = _bytes.GetSpan(9);
        BinaryPrimitives.WriteInt32BigEndian(head, length << 8);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteUInt32BigEndian(head[5..], stream);
        _bytes.Advance(9);
        return this;
    }

    public FrameWriter Frame(FrameType type, byte flags, uint stream, ReadOnlySpan<byte> payload)
        => Head(payload.Length, (byte)type, flags, stream).Raw(payload);

    public FrameWriter Headers(uint stream, HeaderBlock block, bool end = false)
        => Frame(FrameType.Headers, (byte)(EndHeaders | (end ? EndStream : 0)), stream, block.Bytes);

    /// <summary>Writes DATA frames of the default largest size.</summary>
    public FrameWriter Data(uint stream, ReadOnlySpan<byte> payload, bool end = true)
    {
        const int most = 16384;
        for (; payload.Length > most; payload = payload[most..])
        {
            Frame(FrameType.Data, 0, stream, payload[..most]);
        }

        return Frame(FrameType.Data, end ? EndStream : (byte)0, stream, payload);
    }

    public FrameWriter Reset(uint stream, uint code = 8) => Number(FrameType.ResetStream, stream, code);

    public FrameWriter WindowUpdate(uint stream, uint increment) => Number(FrameType.WindowUpdate, stream, increment);

    public FrameWriter Ping(long content)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(payload, content);
        return Frame(FrameType.Ping, 0, 0, payload);
    }

    /// <summary>Writes SETTINGS of alternating names and values.</summary>
    public FrameWriter Settings(params ReadOnlySpan<uint> settings)
    {
        Head(settings.Length * 3, (byte)FrameType.Settings, 0, 0);
        for (var i = 0; i < settings.Length; i += 2)
        {
            var entry = _bytes.GetSpan(6);
            BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)settings[i]);
            BinaryPrimitives.WriteUInt32BigEndian(entry[2..], settings[i + 1]);
            _bytes.Advance(6);
        }

        return this;
    }

    private FrameWriter Number(FrameType type, uint stream, uint number)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, number);
        return Frame(type, 0, stream, payload);
    }
}
