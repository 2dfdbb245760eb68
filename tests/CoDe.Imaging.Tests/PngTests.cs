using CoDe.Flow;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CoDe.Imaging.Tests;

public sealed class PngTests
{
    [Fact]
    public void Png_OfAnyImage_IsReadBack()
    {
        var images = from size in Gen.Choose(1, 40).Two()
                     from seed in Gen.Choose(0, int.MaxValue)
                     from smooth in Gen.Elements(true, false)
                     select Make(size.Item1, size.Item2, seed, smooth);
        Prop.ForAll(images.ToArbitrary(), image =>
        {
            var read = Png.Decode(Png.Encode(image));
            return (read.Width, read.Height) == (image.Width, image.Height) && read.Rgb.AsSpan().SequenceEqual(image.Rgb);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
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
        var image = Png.Decode(Fixture(file));
        Assert.Equal((7, 5), (image.Width, image.Height));
        Assert.Equal(Enumerable.Range(0, 35).SelectMany(i => Expected(file, i % 7, i / 7)), image.Rgb);
    }

    [Fact]
    public void Png_WithText_KeepsItAndIsStillRead()
    {
        var bytes = Png.Encode(Make(4, 4, 1, smooth: true), new Dictionary<string, string> { ["Seed"] = "7 · é" });
        Assert.True(bytes.AsSpan().IndexOf("Seed\0\0\0\0\07 · é"u8) > 0);
        Assert.Equal(4, Png.Decode(bytes).Width);
    }

    [Fact]
    public void Png_CutAnywhere_IsRefused()
    {
        var bytes = Fixture("rgb.png");
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<PngException>(() => Png.Decode(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Png_WithAnyBitFlipped_IsRefused()
    {
        var bytes = Fixture("palette.png");
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var flipped = bytes.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<PngException>(() => Png.Decode(flipped));
        }
    }

    [Theory]
    [InlineData(16, 0x7f, "allowed are up to 16384 a side")]
    [InlineData(24, 3, "is none that PNG has")]
    [InlineData(25, 5, "is none that PNG has")]
    [InlineData(28, 1, "interlaced")]
    public void Png_OfAWrongHeader_SaysWhatIsWrong(int at, byte value, string message)
    {
        var bytes = Fixture("rgb.png").ToArray();
        bytes[at] = value;
        var crc = new Crc32();
        crc.Append(bytes.AsSpan(12, 17));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(29), crc.Value);
        Assert.Contains(message, Assert.Throws<PngException>(() => Png.Decode(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Grid_OfThreeInTwoColumns_PutsEachInItsPlace()
    {
        var images = Enumerable.Range(1, 3).Select(i => new Image(2, 1, [.. Enumerable.Repeat((byte)(i * 50), 6)])).ToArray();
        var grid = ImageGrid.Compose(images, columns: 2, padding: 1);
        Assert.Equal((7, 5), (grid.Width, grid.Height));
        Assert.Equal([0, 50, 50, 0, 100, 100, 0], Enumerable.Range(0, 7).Select(x => (int)grid.Rgb[((1 * 7) + x) * 3]));
        Assert.Equal([0, 150, 150, 0, 0, 0, 0], Enumerable.Range(0, 7).Select(x => (int)grid.Rgb[((3 * 7) + x) * 3]));
    }

    private static byte[] Fixture(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", file));

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
}
