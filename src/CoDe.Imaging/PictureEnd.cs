using System.Buffers.Binary;
using System.IO.Hashing;

namespace CoDe.Imaging;

/// <summary>
/// Checks that a picture has one of the allowed formats and reaches the end that its format marks. Skia stops at the
/// last row, and returns what there is of a progressive JPEG that is cut off.
/// </summary>
internal static class PictureEnd
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    public static bool IsPicture(ReadOnlySpan<byte> bytes)
        => bytes.StartsWith(PngSignature) || IsJpeg(bytes) || IsWebP(bytes);

    public static bool IsThere(ReadOnlySpan<byte> bytes) => IsJpeg(bytes)
        ? IsInJpeg(bytes)
        : IsWebP(bytes)
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) + 8L <= bytes.Length
            : IsInPng(bytes[PngSignature.Length..]);

    private static bool IsJpeg(ReadOnlySpan<byte> bytes) => bytes.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]);

    private static bool IsWebP(ReadOnlySpan<byte> bytes)
        => bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8);

    /// <summary>Walks chunks of length, type, data and checksum to IEND.</summary>
    private static bool IsInPng(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 12
            && BinaryPrimitives.ReadUInt32BigEndian(bytes) is var length && length <= bytes.Length - 12)
        {
            var checkedPart = bytes.Slice(4, (int)length + 4);
            if (Crc32.HashToUInt32(checkedPart) != BinaryPrimitives.ReadUInt32BigEndian(bytes[((int)length + 8)..]))
            {
                return false;
            }

            if (checkedPart.StartsWith("IEND"u8))
            {
                return true;
            }

            bytes = bytes[((int)length + 12)..];
        }

        return false;
    }

    /// <summary>
    /// Walks segments of 0xff, marker and length to the end-of-image marker. Only a scan is followed by bytes without a
    /// length.
    /// </summary>
    private static bool IsInJpeg(ReadOnlySpan<byte> bytes)
    {
        const byte Start = 0xd8;
        const byte End = 0xd9;
        var at = 0;
        while (at + 1 < bytes.Length)
        {
            var marker = bytes[at + 1];
            if (bytes[at] != 0xff || IsInsideScan(marker))
            {
                var next = bytes[(at + 1)..].IndexOf((byte)0xff);
                at = next < 0 ? bytes.Length : at + 1 + next;
            }
            else if (marker == End)
            {
                return true;
            }
            else if (marker == Start)
            {
                at += 2;
            }
            else if (at + 3 < bytes.Length)
            {
                at += 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            }
            else
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>
    /// Tells whether 0xff before this byte is no marker but escaped, padding, or a restart within a scan.
    /// </summary>
    private static bool IsInsideScan(byte marker) => marker is 0 or 0xff or (>= 0xd0 and <= 0xd7);
}
