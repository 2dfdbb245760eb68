using System.Buffers.Binary;
using System.Text;

namespace CoDe.Imaging;

/// <summary>
/// Records around the one stored entry of a zip (APPNOTE.TXT, sections 4.3 and 4.5.3), optionally with 64-bit sizes.
/// </summary>
internal sealed class ZipRecords(string name, long size, bool wide)
{
    private const ushort Zip64Version = 45;
    private const ushort PlainVersion = 20;

    /// <summary>1980-01-01: the same file every time.</summary>
    private const ushort Date = 0x21;

    private ushort Version => wide ? Zip64Version : PlainVersion;

    private uint Size32 => wide ? uint.MaxValue : (uint)size;

    public byte[] LocalHeader(uint crc) => new Record()
        .U32(0x04034b50).U16(Version).U16(0).U16(0).U16(0).U16(Date).U32(crc)
        .U32(Size32).U32(Size32).U16((ushort)name.Length).U16((ushort)(wide ? 20 : 0)).Text(name)
        .When(wide, record => record.U16(1).U16(16).U64(size).U64(size)).Bytes;

    /// <summary>The central directory and its end, which lie at <paramref name="offset"/>.</summary>
    public byte[] Directory(uint crc, long offset)
    {
        var entry = new Record().U32(0x02014b50).U16(Version).U16(Version).U16(0).U16(0).U16(0).U16(Date).U32(crc)
            .U32(Size32).U32(Size32).U16((ushort)name.Length).U16((ushort)(wide ? 20 : 0))
            .U16(0).U16(0).U16(0).U32(0).U32(0).Text(name)
            .When(wide, record => record.U16(1).U16(16).U64(size).U64(size)).Bytes;
        var end = new Record().U32(0x06054b50).U16(0).U16(0).U16(1).U16(1)
            .U32((uint)entry.Length).U32(wide ? uint.MaxValue : (uint)offset).U16(0).Bytes;
        return [.. entry, .. wide ? End64(entry.Length, offset) : [], .. end];
    }

    private static byte[] End64(int entryLength, long offset) => new Record()
        .U32(0x06064b50).U64(44).U16(Zip64Version).U16(Zip64Version).U32(0).U32(0)
        .U64(1).U64(1).U64(entryLength).U64(offset).U32(0x07064b50).U32(0).U64(offset + entryLength).U32(1).Bytes;

    private sealed class Record
    {
        private readonly List<byte> _bytes = [];

        public byte[] Bytes => [.. _bytes];

        public Record U16(ushort value) => Append(value, 2);

        public Record U32(uint value) => Append(value, 4);

        public Record U64(long value) => Append(value, 8);

        public Record Text(string value)
        {
            _bytes.AddRange(Encoding.ASCII.GetBytes(value));
            return this;
        }

        public Record When(bool condition, Func<Record, Record> append) => condition ? append(this) : this;

        private Record Append(long value, int size)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            _bytes.AddRange(bytes[..size]);
            return this;
        }
    }
}
