using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace CoDe.Imaging;

/// <summary>Adds text to an encoded PNG, which Skia has no way to write.</summary>
public static class PngText
{
    /// <summary>The signature and the header chunk, which must stay first.</summary>
    private const int Header = 33;

    /// <summary>Inserts an <c>iTXt</c> chunk for each entry (PNG specification, section 11.3.3.4).</summary>
    /// <param name="text">Keywords (1 to 79 Latin letters) and their values.</param>
    public static byte[] Insert(ReadOnlySpan<byte> png, IReadOnlyDictionary<string, string> text)
    {
        using var stream = new MemoryStream();
        stream.Write(png[..Header]);
        foreach (var (keyword, value) in text)
        {
            WriteChunk(
                stream,
                [.. "iTXt"u8, .. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)]);
        }

        stream.Write(png[Header..]);
        return stream.ToArray();
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> typeAndData)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, typeAndData.Length - 4);
        stream.Write(number);
        stream.Write(typeAndData);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(typeAndData));
        stream.Write(number);
    }
}
