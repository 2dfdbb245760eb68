using CoDe.Flow;
using SkiaSharp;

namespace CoDe.Imaging;

/// <summary>Encodes images to the formats that clients ask for, and decodes pictures that they bring.</summary>
public static class PictureCodec
{
    private const int JpegQuality = 95;
    private const int PngCompression = 4;
    private const int LargestSide = 16384;
    private const long LargestArea = 1 << 26;

    private static readonly SKPngEncoderOptions PngOptions = new(SKPngEncoderFilterFlags.AllFilters, PngCompression);
    private static readonly SKWebpEncoderOptions WebPOptions = new(SKWebpEncoderCompression.Lossless, 50);

    private static readonly SKJpegEncoderOptions JpegOptions =
        new(JpegQuality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore);

    /// <summary>The most pixels of a picture: of four bytes each, an array holds no more.</summary>
    public const long MostPixels = int.MaxValue / 4;

    /// <summary>The most pixels a side of a format.</summary>
    public static int LongestSide(PictureFormat format) => format switch
    {
        PictureFormat.WebP => 16_383,
        PictureFormat.Jpeg => 65_500,
        _ => 1_000_000,
    };

    /// <summary>Encodes to PNG or lossless WebP, which keep every pixel, to JPEG, or to raw RGB.</summary>
    public static Picture Encode(Image image, PictureFormat format)
        => new(image.Width, image.Height, format, format switch
        {
            PictureFormat.Rgb => image.Rgb,
            PictureFormat.Jpeg => Encode(image, pixels => pixels.Encode(JpegOptions)),
            PictureFormat.WebP => Encode(image, pixels => pixels.Encode(WebPOptions)),
            _ => Encode(image, pixels => pixels.Encode(PngOptions)),
        });

    /// <summary>Reads the size that a PNG, JPEG or WebP declares, as it is shown, without decoding a pixel.</summary>
    /// <exception cref="PictureException">The bytes are no such picture, or it is too large.</exception>
    public static (int Width, int Height) SizeOf(ReadOnlySpan<byte> data)
    {
        using var codec = Open(data);
        return SizeOf(codec);
    }

    /// <summary>
    /// Decodes a PNG, JPEG or WebP, recognised by content. JPEGs are rotated by their EXIF orientation, and alpha is
    /// composed over white.
    /// </summary>
    /// <exception cref="PictureException">
    /// The bytes are not such a picture, or it is too large, cut off or damaged.
    /// </exception>
    public static Image Decode(ReadOnlySpan<byte> data)
    {
        using var codec = Open(data);
        if (!PictureEnd.IsThere(data))
        {
            throw new PictureException("it is cut off or damaged");
        }

        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var result = codec.GetPixels(info, out var rgba);
        if (result != SKCodecResult.Success)
        {
            throw new PictureException(
                result == SKCodecResult.IncompleteInput ? "it is cut off" : "its data are damaged");
        }

        var (width, height) = SizeOf(codec);
        return new Image(width, height, ToRgb(rgba, info, codec.EncodedOrigin, width, height));
    }

    private static SKCodec Open(ReadOnlySpan<byte> data)
    {
        // Checked before Skia sees the data: its parsers of other formats are not for clients.
        if (!PictureEnd.IsPicture(data))
        {
            throw new PictureException("it is no PNG, JPEG or WebP; allowed are PNG, JPEG and WebP");
        }

        // The codec keeps the data as long as it needs them.
        using var bytes = SKData.CreateCopy(data);
        var codec = SKCodec.Create(bytes) ?? throw new PictureException("it is no PNG, JPEG or WebP");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width > LargestSide || height > LargestSide || (long)width * height > LargestArea)
        {
            codec.Dispose();
            throw new PictureException(
                $"it is {width} x {height}; allowed are up to {LargestSide} pixels a side and {LargestArea} pixels");
        }

        return codec;
    }

    private static (int Width, int Height) SizeOf(SKCodec codec)
        => IsTransposed(codec.EncodedOrigin)
            ? (codec.Info.Height, codec.Info.Width)
            : (codec.Info.Width, codec.Info.Height);

    private static bool IsTransposed(SKEncodedOrigin origin)
        => origin is SKEncodedOrigin.LeftTop
            or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    private static byte[] ToRgb(byte[] rgba, SKImageInfo stored, SKEncodedOrigin origin, int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (column, row) = Stored(origin, x, y, stored.Width, stored.Height);
                var (from, to) = (((row * stored.Width) + column) * 4, ((y * width) + x) * 3);
                for (var channel = 0; channel < 3; channel++)
                {
                    rgb[to + channel] = OverWhite(rgba[from + channel], rgba[from + 3]);
                }
            }
        }

        return rgb;
    }

    /// <summary>Finds the stored pixel that is shown at (x, y), by the EXIF orientation.</summary>
    private static (int Column, int Row) Stored(SKEncodedOrigin origin, int x, int y, int width, int height)
        => origin switch
        {
            SKEncodedOrigin.TopRight => (width - 1 - x, y),
            SKEncodedOrigin.BottomRight => (width - 1 - x, height - 1 - y),
            SKEncodedOrigin.BottomLeft => (x, height - 1 - y),
            SKEncodedOrigin.LeftTop => (y, x),
            SKEncodedOrigin.RightTop => (y, height - 1 - x),
            SKEncodedOrigin.RightBottom => (width - 1 - y, height - 1 - x),
            SKEncodedOrigin.LeftBottom => (width - 1 - y, x),
            _ => (x, y),
        };

    private static byte OverWhite(byte value, byte alpha)
        => (byte)(((value * alpha) + (255 * (255 - alpha)) + 127) / 255);

    private static byte[] Encode(Image image, Func<SKPixmap, SKData?> encode)
    {
        var rgbx = new byte[image.Width * image.Height * 4];
        for (var pixel = 0; pixel < image.Width * image.Height; pixel++)
        {
            image.Rgb.AsSpan(pixel * 3, 3).CopyTo(rgbx.AsSpan(pixel * 4));
            rgbx[(pixel * 4) + 3] = 255;
        }

        var info = new SKImageInfo(image.Width, image.Height, SKColorType.Rgb888x, SKAlphaType.Opaque);
        using var pixels = SKImage.FromPixelCopy(info, rgbx);
        using var map = pixels.PeekPixels();
        using var data = encode(map)
            ?? throw new InvalidOperationException($"Skia encoded no picture of {image.Width} x {image.Height}.");
        return data.ToArray();
    }
}
