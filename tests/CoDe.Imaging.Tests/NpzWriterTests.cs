using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CoDe.Flow;
using Xunit;

namespace CoDe.Imaging.Tests;

public sealed class NpzWriterTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("code-npz-").FullName, "x.npz");

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0)]
    public void Npz_WithSizesOfEitherWidth_IsAZipOfOneArray(long largest32)
    {
        Write(3, largest32);
        using var zip = ZipFile.OpenRead(_path);
        var entry = Assert.Single(zip.Entries);
        Assert.Equal("arr_0.npy", entry.FullName);
        using var stream = entry.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        Assert.Equal(entry.Crc32, Checksum(bytes));
        var header = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, (10 + header) % 64);
        Assert.StartsWith(
            "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 4, 3), }",
            Encoding.ASCII.GetString(bytes, 10, header), StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 3).SelectMany(i => Image(i).Rgb), bytes[(10 + header)..]);
    }

    [Fact]
    public void Npz_WithWideSizes_MarksThemInBothHeaders()
    {
        Write(1, largest32: 0);
        var bytes = File.ReadAllBytes(_path);
        Assert.Equal(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(18)));
        Assert.Equal(128 + 24, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(30 + 9 + 4)));
        Assert.True(bytes.AsSpan().IndexOf("PK\u0006\u0006"u8) > 0);
        Assert.True(bytes.AsSpan().IndexOf("PK\u0006\u0007"u8) > 0);
    }

    [Fact]
    public void Npz_LeftUnfinished_LeavesNothing()
    {
        using (var npz = new NpzWriter(_path, 2, 2, 4))
        {
            npz.Add(Image(0));
            Assert.Throws<InvalidOperationException>(npz.Complete);
        }

        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_path)!));
    }

    [Fact]
    public void Npz_OfAnImageOfAnotherSize_RefusesIt()
    {
        using var npz = new NpzWriter(_path, 1, 2, 2);
        Assert.Throws<ArgumentException>(() => npz.Add(Image(0)));
    }

    [Fact]
    public void Npz_LargerThanTheDisk_SaysSoBeforeItStarts()
    {
        var error = Assert.Throws<IOException>(() => new NpzWriter(_path, int.MaxValue, 4096, 4096));
        Assert.Contains("the disk has", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_path)!));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    private static uint Checksum(byte[] bytes) => System.IO.Hashing.Crc32.HashToUInt32(bytes);

    private static Image Image(int number)
        => new(4, 2, [.. Enumerable.Range(0, 24).Select(i => (byte)((number * 24) + i))]);

    private void Write(int images, long largest32)
    {
        using var npz = new NpzWriter(_path, images, 2, 4, largest32);
        for (var i = 0; i < images; i++)
        {
            npz.Add(Image(i));
        }

        npz.Complete();
    }
}
