using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using CoDe.Flow;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CoDe.Imaging.Tests;

public sealed class PictureCodecTests : IDisposable
{
    private const int Width = 7;
    private const int Height = 5;

    private readonly string _folder = Directory.CreateTempSubdirectory("code-pictures-").FullName;

    [Theory]
    [InlineData(PictureFormat.Png)]
    [InlineData(PictureFormat.WebP)]
    public void LosslessFormat_OfAnyImage_KeepsEveryPixel(PictureFormat format)
    {
        var images = from size in Gen.Choose(1, 40).Two()
                     from seed in Gen.Choose(0, int.MaxValue)
                     from smooth in Gen.Elements(true, false)
                     select Make(size.Item1, size.Item2, seed, smooth);
        Prop.ForAll(images.ToArbitrary(), image =>
        {
            var read = PictureCodec.Decode(PictureCodec.Encode(image, format).Data.Span);
            return (read.Width, read.Height) == (image.Width, image.Height) && read.Rgb.AsSpan()
                .SequenceEqual(image.Rgb);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void Jpeg_OfASmoothImage_IsClose()
    {
        var image = new Image(
            64, 64, [.. Enumerable.Range(0, 64 * 64 * 3).Select(i => (byte)((i / 3 % 64 * 2) + (i / 3 / 64)))]);
        var read = PictureCodec.Decode(PictureCodec.Encode(image, PictureFormat.Jpeg).Data.Span);
        Assert.InRange(read.Rgb.Zip(image.Rgb).Max(pair => Math.Abs(pair.First - pair.Second)), 0, 6);
    }

    [Theory]
    [InlineData("rgb.png")]
    [InlineData("alpha.png")]
    [InlineData("grey.png")]
    [InlineData("grey16.png")]
    [InlineData("bilevel.png")]
    [InlineData("palette.png")]
    public void Png_OfAnotherProgram_HasItsPixels(string file)
    {
        var image = PictureCodec.Decode(Fixture(file));
        Assert.Equal((Width, Height), (image.Width, image.Height));
        Assert.Equal(Enumerable.Range(0, 35).SelectMany(i => Expected(file, i % 7, i / 7)), image.Rgb);
    }

    [Fact]
    public void Png_Interlaced_HasItsPixels()
    {
        var image = Make(Width, Height, seed: 3, smooth: false);
        Assert.Equal(image.Rgb, PictureCodec.Decode(Interlaced(image)).Rgb);
    }

    /// <summary>
    /// Orientation 6: the first stored row is the right side of what is shown (EXIF 2.3, tag 0x0112).
    /// </summary>
    [Fact]
    public void Jpeg_WithAnOrientation_IsTurned()
    {
        var stored = new Image(
            16, 8, [.. Enumerable.Range(0, 16 * 8).SelectMany(i => Enumerable.Repeat((byte)(i % 16 * 16), 3))]);
        var turned = WithOrientation(PictureCodec.Encode(stored, PictureFormat.Jpeg).Data.Span, 6);
        Assert.Equal((8, 16), PictureCodec.SizeOf(turned));
        var image = PictureCodec.Decode(turned);
        Assert.Equal((8, 16), (image.Width, image.Height));
        Assert.InRange(image.Rgb[0], 0, 12);
        Assert.InRange(image.Rgb[^1], 228, 255);
    }

    [Theory]
    [InlineData(PictureFormat.Png)]
    [InlineData(PictureFormat.Jpeg)]
    [InlineData(PictureFormat.WebP)]
    public void Picture_CutAnywhere_IsRefused(PictureFormat format)
    {
        var bytes = PictureCodec.Encode(Make(24, 24, seed: 1, smooth: false), format).Data.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<PictureException>(() => PictureCodec.Decode(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Png_WithAnyBitFlipped_IsRefused()
    {
        var bytes = Fixture("palette.png");
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<PictureException>(() => PictureCodec.Decode(flipped));
        }
    }

    [Fact]
    public void Png_OfATooLargeHeader_IsRefusedBeforeItsMemoryIsTaken()
    {
        var bytes = Fixture("rgb.png");
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), 100_000);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), 100_000);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(29), Crc32.HashToUInt32(bytes.AsSpan(12, 17)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<PictureException>(() => PictureCodec.Decode(bytes));
        Assert.Contains(
            "it is 100000 x 100000; allowed are up to 16384 pixels a side", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "allowed are PNG, JPEG and WebP")]
    [InlineData("bm8gcGljdHVyZQ==", "it is no PNG, JPEG or WebP")]
    [InlineData("", "it is no PNG, JPEG or WebP")]
    public void Bytes_OfNoAllowedFormat_AreRefused(string base64, string message)
    {
        var error = Assert.Throws<PictureException>(() => PictureCodec.Decode(Convert.FromBase64String(base64)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_WithText_KeepsItAndIsStillRead()
    {
        var path = Path.Combine(_folder, "x.png");
        PictureFile.Write(path, Make(4, 4, 1, smooth: true), new Dictionary<string, string> { ["Seed"] = "7 · é" });
        Assert.True(File.ReadAllBytes(path).AsSpan().IndexOf("Seed\0\0\0\0\07 · é"u8) > 0);
        Assert.Equal(4, PictureFile.Read(path).Width);
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("a.png", PictureFormat.Png)]
    [InlineData("a.WEBP", PictureFormat.WebP)]
    [InlineData("a.jpeg", PictureFormat.Jpeg)]
    [InlineData("a.gif", null)]
    public void File_OfAnEnding_HasItsFormat(string path, PictureFormat? format)
        => Assert.Equal(format, PictureFile.FormatOf(path));

    [Fact]
    public void File_ThatIsBroken_IsNamed()
    {
        var path = Path.Combine(_folder, "broken.png");
        File.WriteAllBytes(path, []);
        var error = Assert.Throws<PictureException>(() => PictureFile.Read(path));
        Assert.StartsWith(
            $"{path} cannot be read: it is no PNG, JPEG or WebP", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grid_OfThreeInTwoColumns_PutsEachInItsPlace()
    {
        Image[] images = [.. Enumerable.Range(1, 3)
            .Select(i => new Image(2, 1, [.. Enumerable.Repeat((byte)(i * 50), 6)]))];
        var grid = ImageGrid.Compose(images, columns: 2, padding: 1);
        Assert.Equal((7, 5), (grid.Width, grid.Height));
        Assert.Equal([0, 50, 50, 0, 100, 100, 0], Enumerable.Range(0, 7).Select(x => (int)grid.Rgb[((1 * 7) + x) * 3]));
        Assert.Equal([0, 150, 150, 0, 0, 0, 0], Enumerable.Range(0, 7).Select(x => (int)grid.Rgb[((3 * 7) + x) * 3]));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Fixture(string file)
        => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", file));

    private static byte[] Expected(string file, int x, int y)
    {
        byte[] colour = [(byte)(x * 36), (byte)(y * 60), (byte)((x + y) * 20)];
        return file switch
        {
            "rgb.png" => colour,
            "alpha.png" => x < 3 ? colour : [255, 255, 255],
            "bilevel.png" => [.. Enumerable.Repeat((byte)((x + y) % 2 * 255), 3)],
            "palette.png" => [.. Enumerable.Range(1, 3).Select(c => (byte)((((((x / 2) + y) % 4) * 3) + c) * 10))],
            _ => [.. Enumerable.Repeat((byte)(x * 36), 3)],
        };
    }

    private static Image Make(int width, int height, int seed, bool smooth)
    {
        var random = new Random(seed);
        var (dx, dy) = (random.Next(9), random.Next(9));
        return new Image(width, height, [.. Enumerable.Range(0, width * height * 3)
            .Select(i => smooth ? (byte)((i / 3 % width * dx) + (i / 3 / width * dy)) : (byte)random.Next(256))]);
    }

    /// <summary>Writes the seven passes of Adam7 (PNG specification, section 8.2), unfiltered.</summary>
    private static byte[] Interlaced(Image image)
    {
        (int X, int Y, int StepX, int StepY)[] passes =
        [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
        ];
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            foreach (var pass in passes.Where(pass => pass.X < image.Width))
            {
                for (var y = pass.Y; y < image.Height; y += pass.StepY)
                {
                    zlib.WriteByte(0);
                    for (var x = pass.X; x < image.Width; x += pass.StepX)
                    {
                        zlib.Write(image.Rgb.AsSpan(((y * image.Width) + x) * 3, 3));
                    }
                }
            }
        }

        byte[] header = [0, 0, 0, (byte)image.Width, 0, 0, 0, (byte)image.Height, 8, 2, 0, 0, 1];
        byte[] signature = [0x89, .. "PNG\r\n\x1a\n"u8];
        return [.. signature, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        var (length, checksum) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(checksum, Crc32.HashToUInt32([.. type, .. data]));
        return [.. length, .. type, .. data, .. checksum];
    }

    /// <summary>Inserts an EXIF segment with one entry behind the start marker.</summary>
    private static byte[] WithOrientation(ReadOnlySpan<byte> jpeg, byte orientation)
    {
        byte[] exif =
            [.. "Exif\0\0MM\0*\0\0\0\u0008"u8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], 0xff, 0xe1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }
}
