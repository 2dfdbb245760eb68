using System.Buffers.Binary;
using System.Text;

namespace CoDe.Engine.Weights;

/// <summary>One stored file of a zip.</summary>
/// <param name="Offset">Of its data, from the file's beginning.</param>
internal readonly record struct ZipEntry(string Name, long Offset, long Size);

/// <summary>
/// The entries of a zip as <c>torch.save</c> writes it: stored, not compressed, so that tensors can be read in place.
/// Sizes and offsets are checked against the file and against each other.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndSize = 22;
    private const int EntrySize = 46;
    private const int LocalSize = 30;

    /// <summary>Bytes of a directory; ten thousand tensors take one million.</summary>
    private const long LargestDirectory = 64 << 20;

    private readonly CheckpointFile _file;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);

    public ZipDirectory(CheckpointFile file)
    {
        _file = file;
        var (offset, size, count) = FindDirectory();
        if (offset < 0 || size is < 0 or > LargestDirectory || offset > file.Length - size || count > size / EntrySize)
        {
            throw file.Corrupt(
                file.Length - EndSize, $"a directory of {count} entries is said to be in {size} bytes at {offset}");
        }

        var directory = new byte[size];
        file.Read(offset, directory);
        for (var position = 0; count > 0; count--)
        {
            position += ReadEntry(directory.AsSpan(position), offset + position);
        }

        CheckOverlap();
    }

    public IReadOnlyDictionary<string, ZipEntry> Entries => _entries;

    private (long Offset, long Size, long Count) FindDirectory()
    {
        var tail = new byte[Math.Min(_file.Length, EndSize + ushort.MaxValue)];
        _file.Read(_file.Length - tail.Length, tail);
        for (var i = tail.Length - EndSize; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (U32(end) == EndSignature && U16(end[20..]) == end.Length - EndSize)
            {
                return FindDirectory64(_file.Length - tail.Length + i)
                    ?? (U32(end[16..]), U32(end[12..]), U16(end[10..]));
            }
        }

        throw _file.Corrupt(_file.Length, "the zip directory at its end is missing; the file is cut off");
    }

    private (long Offset, long Size, long Count)? FindDirectory64(long end)
    {
        Span<byte> locator = stackalloc byte[20];
        if (end < locator.Length)
        {
            return null;
        }

        _file.Read(end - locator.Length, locator);
        if (U32(locator) != Locator64Signature)
        {
            return null;
        }

        Span<byte> record = stackalloc byte[56];
        var offset = I64(locator[8..]);
        _file.Read(offset, record);
        return U32(record) == End64Signature
            ? (I64(record[48..]), I64(record[40..]), I64(record[32..]))
            : throw _file.Corrupt(offset, "the zip64 directory is not where it is said to be");
    }

    /// <returns>Bytes that the entry takes in the directory.</returns>
    private int ReadEntry(ReadOnlySpan<byte> entry, long at)
    {
        if (entry.Length < EntrySize || U32(entry) != EntrySignature)
        {
            throw _file.Corrupt(at, "a zip directory entry is broken");
        }

        var (nameLength, extraLength, commentLength) = (U16(entry[28..]), U16(entry[30..]), U16(entry[32..]));
        var total = EntrySize + nameLength + extraLength + commentLength;
        if (total > entry.Length)
        {
            throw _file.Corrupt(at, "a zip directory entry is cut off");
        }

        var name = Encoding.UTF8.GetString(entry.Slice(EntrySize, nameLength));
        if (U16(entry[10..]) != 0 || (U16(entry[8..]) & 1) != 0)
        {
            throw _file.Corrupt(at, $"{name} is compressed or encrypted, which torch.save never does");
        }

        var (size, compressed, local) = Sizes(entry, entry.Slice(EntrySize + nameLength, extraLength), at);
        if (size != compressed)
        {
            throw _file.Corrupt(at, $"{name} is said to be {size} bytes stored as {compressed}");
        }

        if (!_entries.TryAdd(name, new ZipEntry(name, DataOffset(name, local, size), size)))
        {
            throw _file.Corrupt(at, $"{name} stands in the zip directory twice");
        }

        return total;
    }

    /// <summary>
    /// Reads sizes and offset of an entry: 32-bit fields, or the zip64 extra field where those are saturated.
    /// </summary>
    private (long Size, long Compressed, long Local) Sizes(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra, long at)
    {
        long[] values = [U32(entry[24..]), U32(entry[20..]), U32(entry[42..])];
        while (extra.Length >= 4)
        {
            var length = Math.Min(U16(extra[2..]), extra.Length - 4);
            var field = extra.Slice(4, length);
            for (var i = 0; i < values.Length && U16(extra) == 1; i++)
            {
                if (values[i] == uint.MaxValue)
                {
                    values[i] = field.Length >= 8 ? I64(field) : throw _file.Corrupt(at, "a zip64 size is missing");
                    field = field[8..];
                }
            }

            extra = extra[(4 + length)..];
        }

        return (values[0], values[1], values[2]);
    }

    private long DataOffset(string name, long local, long size)
    {
        Span<byte> header = stackalloc byte[LocalSize];
        _file.Read(local, header);
        var offset = local + LocalSize + U16(header[26..]) + U16(header[28..]);
        if (U32(header) != LocalSignature || size < 0 || offset > _file.Length - size)
        {
            throw _file.Corrupt(local, $"{name} of {size} bytes is said to be there, in a file of {_file.Length}");
        }

        return offset;
    }

    private void CheckOverlap()
    {
        var sorted = _entries.Values.Where(entry => entry.Size > 0).OrderBy(entry => entry.Offset).ToArray();
        foreach (var (first, second) in sorted.Zip(sorted.Skip(1)))
        {
            if (second.Offset < first.Offset + first.Size)
            {
                throw _file.Corrupt(second.Offset, $"{first.Name} and {second.Name} share bytes");
            }
        }
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static long I64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes);
}
