using System.Buffers.Binary;
using System.IO.Compression;
using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>Reads a PNG from memory. Sizes are checked before memory is taken for them, checksums before data is used.</summary>
internal sealed class PngDecoder
{
    private const int LargestSide = 16384;
    private const long LargestArea = 1 << 26;

    private int _width;
    private int _height;
    private int _depth;
    private int _colour;
    private byte[] _palette = [];
    private byte[] _transparency = [];

    private int Channels => _colour switch { 0 or 3 => 1, 2 => 3, 4 => 2, _ => 4 };

    private int Stride => (int)((((long)_width * Channels * _depth) + 7) / 8);

    public static Image Decode(ReadOnlySpan<byte> bytes)
    {
        var decoder = new PngDecoder();
        return new Image(decoder.ReadInto(bytes, out var rgb), decoder._height, rgb);
    }

    private int ReadInto(ReadOnlySpan<byte> bytes, out byte[] rgb)
    {
        if (!bytes.StartsWith(Png.Signature))
        {
            throw new PngException("it does not begin as one");
        }

        using var data = new MemoryStream();
        ReadChunks(bytes[Png.Signature.Length..], data);
        rgb = ToRgb(Decompress(data));
        return _width;
    }

    private void ReadChunks(ReadOnlySpan<byte> bytes, MemoryStream data)
    {
        for (var first = true; ; first = false)
        {
            var chunk = NextChunk(ref bytes, out var type);
            if (first != type.SequenceEqual("IHDR"u8))
            {
                throw new PngException("its header is missing or stands twice");
            }

            if (type.SequenceEqual("IEND"u8))
            {
                return;
            }

            if (first)
            {
                ReadHeader(chunk);
            }
            else if (type.SequenceEqual("PLTE"u8))
            {
                _palette = chunk.ToArray();
            }
            else if (type.SequenceEqual("tRNS"u8))
            {
                _transparency = chunk.ToArray();
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                data.Write(chunk);
            }
            else if ((type[0] & 0x20) == 0)
            {
                throw new PngException("it needs an extension that is not known");
            }
        }
    }

    private static ReadOnlySpan<byte> NextChunk(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> type)
    {
        var length = bytes.Length >= 12 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : uint.MaxValue;
        if (length > bytes.Length - 12)
        {
            throw new PngException("it is cut off");
        }

        type = bytes.Slice(4, 4);
        var crc = new Crc32();
        crc.Append(bytes.Slice(4, (int)length + 4));
        if (crc.Value != BinaryPrimitives.ReadUInt32BigEndian(bytes[((int)length + 8)..]))
        {
            throw new PngException("a checksum is wrong");
        }

        var data = bytes.Slice(8, (int)length);
        bytes = bytes[((int)length + 12)..];
        return data;
    }

    private void ReadHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length != 13)
        {
            throw new PngException("its header has the wrong length");
        }

        (_width, _height) = (BinaryPrimitives.ReadInt32BigEndian(header), BinaryPrimitives.ReadInt32BigEndian(header[4..]));
        (_depth, _colour) = (header[8], header[9]);
        if (_width is < 1 or > LargestSide || _height is < 1 or > LargestSide || (long)_width * _height > LargestArea)
        {
            throw new PngException($"it is {_width} x {_height} pixels; allowed are up to {LargestSide} a side and {LargestArea} in all");
        }

        var depths = _colour switch { 0 => new[] { 1, 2, 4, 8, 16 }, 3 => [1, 2, 4, 8], 2 or 4 or 6 => [8, 16], _ => [] };
        if (!depths.Contains(_depth) || header[10] != 0 || header[11] != 0)
        {
            throw new PngException($"colour type {_colour} of {_depth} bits is none that PNG has");
        }

        if (header[12] != 0)
        {
            throw new PngException("it is interlaced, which is not supported; save it without interlacing");
        }
    }

    /// <summary>All rows, unfiltered: (height, stride).</summary>
    private byte[] Decompress(MemoryStream data)
    {
        data.Position = 0;
        var (stride, step) = (Stride, Math.Max(1, Channels * _depth / 8));
        var rows = new byte[(long)stride * _height];
        try
        {
            using var zlib = new ZLibStream(data, CompressionMode.Decompress, leaveOpen: true);
            ReadOnlySpan<byte> above = new byte[stride];
            for (var y = 0; y < _height; y++)
            {
                var filter = zlib.ReadByte();
                var row = rows.AsSpan(y * stride, stride);
                if (filter is < 0 or >= PngFilter.Count)
                {
                    throw new PngException(filter < 0 ? "rows are missing" : $"row filter {filter} is none that PNG has");
                }

                zlib.ReadExactly(row);
                PngFilter.Undo(filter, row, above, step);
                above = row;
            }

            return rows;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new PngException("its compressed data is broken or cut off");
        }
    }

    private byte[] ToRgb(byte[] rows)
    {
        var rgb = new byte[_width * _height * 3];
        Span<int> samples = stackalloc int[4];
        for (var pixel = 0; pixel < _width * _height; pixel++)
        {
            var row = rows.AsSpan(pixel / _width * Stride, Stride);
            for (var channel = 0; channel < Channels; channel++)
            {
                samples[channel] = Sample(row, (pixel % _width * Channels) + channel);
            }

            Colour(samples, rgb.AsSpan(pixel * 3, 3));
        }

        return rgb;
    }

    private int Sample(ReadOnlySpan<byte> row, int index) => _depth switch
    {
        16 => (row[2 * index] << 8) | row[(2 * index) + 1],
        8 => row[index],
        _ => (row[index * _depth / 8] >> (8 - _depth - (index * _depth % 8))) & ((1 << _depth) - 1),
    };

    private void Colour(ReadOnlySpan<int> samples, Span<byte> rgb)
    {
        if (_colour == 3)
        {
            var entry = samples[0];
            if ((entry * 3) + 3 > _palette.Length)
            {
                throw new PngException($"palette entry {entry} is missing");
            }

            Compose(rgb, _palette.AsSpan(entry * 3, 3), entry < _transparency.Length ? _transparency[entry] : 255);
            return;
        }

        var grey = _colour is 0 or 4;
        Span<byte> colour = [Scale(samples[0]), Scale(samples[grey ? 0 : 1]), Scale(samples[grey ? 0 : 2])];
        var alpha = _colour switch { 4 => Scale(samples[1]), 6 => Scale(samples[3]), _ => IsKeyedOut(samples) ? (byte)0 : (byte)255 };
        Compose(rgb, colour, alpha);
    }

    /// <summary>Whether the pixel has the one colour that a greyscale or RGB file may declare transparent.</summary>
    private bool IsKeyedOut(ReadOnlySpan<int> samples)
    {
        if (_transparency.Length < Channels * 2)
        {
            return false;
        }

        for (var channel = 0; channel < Channels; channel++)
        {
            if (samples[channel] != BinaryPrimitives.ReadUInt16BigEndian(_transparency.AsSpan(2 * channel)))
            {
                return false;
            }
        }

        return true;
    }

    private byte Scale(int sample) => (byte)(_depth == 16 ? sample >> 8 : sample * 255 / ((1 << _depth) - 1));

    private static void Compose(Span<byte> rgb, ReadOnlySpan<byte> colour, int alpha)
    {
        for (var channel = 0; channel < 3; channel++)
        {
            rgb[channel] = (byte)(((colour[channel] * alpha) + (255 * (255 - alpha)) + 127) / 255);
        }
    }
}
