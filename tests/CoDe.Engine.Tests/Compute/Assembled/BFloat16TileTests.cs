using System.Globalization;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Cpu.Kernels.Assembled;
using CoDe.Engine.Compute.Cpu.Native;
using Xunit;

namespace CoDe.Engine.Tests.Compute.Assembled;

public sealed unsafe class BFloat16TileTests
{
    private readonly Random _random = new(1);

    [BFloat16Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Multiply_OfAnyRows_IsTheProduct(bool streamed)
    {
        for (var rows = 1; rows <= TileAssembler.MostRows; rows++)
        {
            var (left, panel) = (Rounded(rows * 2 * 37), Rounded(32 * 2 * 37));
            var sums = new float[rows * 32];
            Multiply(left, panel, sums, rows, 37, streamed, resume: false);
            AssertProduct(left, panel, sums, rows, 37);
        }
    }

    /// <summary>Sums that go on are those of one pass, bit for bit.</summary>
    [BFloat16Fact]
    public void Multiply_ThatResumes_IsOnePass()
    {
        var (left, panel) = (Rounded(5 * 2 * 20), Rounded(32 * 2 * 20));
        var (whole, parts) = (new float[5 * 32], new float[5 * 32]);
        Multiply(left, panel, whole, 5, 20, streamed: false, resume: false);
        fixed (ushort* first = left, pairs = panel)
        fixed (float* tile = parts)
        {
            BFloat16Tile.Instance!.Multiply(Call(first, 40, pairs, 7, tile, resume: false), 5, streamed: false);
            BFloat16Tile.Instance.Multiply(
                Call(first + 14, 40, pairs + (7 * 64), 13, tile, resume: true), 5, streamed: false);
        }

        Assert.Equal(whole, parts);
    }

    [BFloat16Fact]
    public void Multiply_OfARow_DoesNotDependOnTheOthers()
    {
        var (left, panel) = (Rounded(12 * 2 * 50), Rounded(32 * 2 * 50));
        var together = new float[12 * 32];
        Multiply(left, panel, together, 12, 50, streamed: false, resume: false);
        for (var row = 0; row < 12; row++)
        {
            var alone = new float[32];
            Multiply(left[(row * 100)..((row + 1) * 100)], panel, alone, 1, 50, streamed: true, resume: false);
            Assert.Equal(together[(row * 32)..((row + 1) * 32)], alone);
        }
    }

    [Theory]
    [InlineData(12, 12)]
    [InlineData(13, 7)]
    [InlineData(50, 10)]
    [InlineData(1, 1)]
    public void Share_OfRows_MakesTilesAlike(int rows, int taken) => Assert.Equal(taken, BFloat16Tile.Share(rows));

    [BFloat16Fact]
    public void ExecutableMemory_RunsAndIsNotWritable()
    {
        byte[] returns42 = [0xb8, 42, 0, 0, 0, 0xc3];
        var address = ExecutableMemory.TryCreate(returns42)!.Value;
        Assert.Equal(42, ((delegate* unmanaged<int>)address)());
        Assert.Equal("r-xp", PermissionsOf(address));
    }

    [Fact]
    public void ExecutableMemory_ThatTheSystemRefuses_IsNull() => Assert.Null(ExecutableMemory.TryCreate([]));

    private static string PermissionsOf(nint address) => File.ReadLines("/proc/self/maps")
        .Select(line => line.Split(' '))
        .Single(fields => fields[0].Split('-') is [var first, var end]
            && nint.Parse(first, NumberStyles.HexNumber, CultureInfo.InvariantCulture) <= address
            && address < nint.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture))[1];

    private static void Multiply(
        ushort[] left, ushort[] panel, float[] sums, int rows, int pairs, bool streamed, bool resume)
    {
        // What is prefetched lies beyond the panel and need not exist.
        fixed (ushort* first = left, weights = panel)
        fixed (float* tile = sums)
        {
            BFloat16Tile.Instance!.Multiply(Call(first, 2 * pairs, weights, pairs, tile, resume), rows, streamed);
        }
    }

    private static TileCall Call(ushort* left, int stride, ushort* panel, int pairs, float* tile, bool resume) => new()
    {
        Left = left,
        LeftStride = stride * sizeof(ushort),
        Panel = (byte*)panel,
        Pairs = pairs,
        Tile = tile,
        TileStride = 32 * sizeof(float),
        Resume = resume ? 1 : 0,
    };

    private static void AssertProduct(ushort[] left, ushort[] panel, float[] sums, int rows, int pairs)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            var (row, output) = Math.DivRem(i, 32);
            var product = Enumerable.Range(0, 2 * pairs).Sum(input =>
                (double)BFloat16.Expand(left[(row * 2 * pairs) + input])
                * BFloat16.Expand(panel[(input / 2 * 64) + (output * 2) + (input % 2)]));
            Assert.Equal(product, sums[i], 1e-5);
        }

        Assert.Equal(rows * 32, sums.Length);
    }

    private ushort[] Rounded(int count)
        => [.. Enumerable.Range(0, count).Select(_ => BFloat16.Round((_random.NextSingle() * 2) - 1))];
}
