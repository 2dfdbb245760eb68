using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>Writes images as PNG: 8-bit RGB, each row filtered by what leaves the smallest residue.</summary>
public static class Png
{
    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <param name="text">Keywords (1 to 79 Latin letters) and what they say, kept in the file.</param>
    public static void Write(Stream stream, Image image, IReadOnlyDictionary<string, string>? text = null)
    {
        stream.Write(Signature);
        WriteChunk(stream, "IHDR"u8, Header(image));
        foreach (var (keyword, value) in text ?? new Dictionary<string, string>())
        {
            WriteChunk(stream, "iTXt"u8, [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)]);
        }

        WriteChunk(stream, "IDAT"u8, Compress(image));
        WriteChunk(stream, "IEND"u8, []);
    }

    public static byte[] Encode(Image image, IReadOnlyDictionary<string, string>? text = null)
    {
        using var stream = new MemoryStream();
        Write(stream, image, text);
        return stream.ToArray();
    }

    /// <summary>Reads a PNG of any colour type and depth that is not interlaced; alpha is composed over white.</summary>
    /// <exception cref="PngException">It is no such PNG, or larger than 16384 pixels a side.</exception>
    public static Image Read(Stream stream)
    {
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <inheritdoc cref="Read"/>
    public static Image Decode(ReadOnlySpan<byte> bytes) => PngDecoder.Decode(bytes);

    private static byte[] Header(Image image)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        header[8] = 8;
        header[9] = 2;
        return header;
    }

    private static ReadOnlySpan<byte> Compress(Image image)
    {
        var stride = image.Width * 3;
        var above = new byte[stride];
        byte[][] candidates = [.. Enumerable.Range(0, PngFilter.Count).Select(_ => new byte[stride])];
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var y = 0; y < image.Height; y++)
            {
                var row = image.Rgb.AsSpan(y * stride, stride);
                var filter = SmallestResidue(candidates, row, above);
                zlib.WriteByte((byte)filter);
                zlib.Write(candidates[filter]);
                row.CopyTo(above);
            }
        }

        return compressed.GetBuffer().AsSpan(0, (int)compressed.Length);
    }

    /// <summary>The filter whose bytes, as signed numbers, sum to the least (the specification's heuristic).</summary>
    private static int SmallestResidue(byte[][] candidates, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above)
    {
        var (best, least) = (0, long.MaxValue);
        for (var filter = 0; filter < candidates.Length; filter++)
        {
            PngFilter.Apply(filter, candidates[filter], row, above, 3);
            var sum = 0L;
            foreach (var value in candidates[filter])
            {
                sum += value < 128 ? value : 256 - value;
            }

            (best, least) = sum < least ? (filter, sum) : (best, least);
        }

        return best;
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        var crc = new Crc32();
        crc.Append(type);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.Value);
        stream.Write(number);
    }
}
