using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Cpu.Kernels;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CoDe.Engine.Tests.Compute;

/// <summary>Top-k and top-p against their definitions, on logits with ties and with entries dropped already.</summary>
public sealed class LogitFilterTests
{
    private const float Dropped = float.NegativeInfinity;

    /// <summary>Few distinct values, so that ties are common; some are -inf.</summary>
    private static readonly Gen<float[]> Logits = Gen.Choose(-8, 8)
        .Select(value => value == -8 ? Dropped : value * 0.75f).NonEmptyListOf()
        .Select(list => list.ToArray());

    private static readonly Gen<float[]> Spread = Gen.Choose(-1_000_000, 1_000_000).Select(value => value * 1.1e-5f)
        .NonEmptyListOf()
        .Select(list => list.ToArray());

    [Fact]
    public void TopK_OfAnyLogits_KeepsWhatIsAtLeastTheKthLargest()
        => Check(Gen.OneOf(Logits, Spread), Gen.Choose(0, 70), (logits, k) =>
        {
            var found = logits.ToArray();
            LogitFilter.TopK(found, k, new float[logits.Length]);
            var threshold = k == 0 || k >= logits.Length ? Dropped : logits.OrderDescending().ElementAt(k - 1);
            return found.SequenceEqual(logits.Select(logit => logit < threshold ? Dropped : logit));
        });

    [Fact]
    public void TopP_OfAnyLogits_DropsTheSmallestWhileTheySumToAtMostTheRest()
        => Check(Gen.OneOf(Logits, Spread), Gen.Choose(0, 40), (logits, fortieths) =>
        {
            var p = fortieths / 40.0;
            var found = logits.ToArray();
            LogitFilter.TopP(found, p, new ulong[logits.Length]);
            return found.SequenceEqual(Defined(logits, p));
        });

    [Fact]
    public void TopP_OfOne_DropsOnlyWhatHasNoProbability()
    {
        float[] logits = [0, -200, 1, -1, Dropped];
        LogitFilter.TopP(logits, 1, new ulong[5]);
        Assert.Equal([0, Dropped, 1, -1, Dropped], logits);
    }

    [Fact]
    public void TopP_OfZero_KeepsAll()
    {
        float[] logits = [0, -200, 1, Dropped];
        LogitFilter.TopP(logits, 0, new ulong[4]);
        Assert.Equal([0, -200, 1, Dropped], logits);
    }

    [Fact]
    public void TopP_OfTiny_KeepsTheLargestAlone()
    {
        float[] logits = [3, 3, 1];
        LogitFilter.TopP(logits, 1e-9, new ulong[3]);
        Assert.Equal([Dropped, 3, Dropped], logits);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(99)]
    public void TopK_OfNoneOrAllOrMore_KeepsAll(int k)
    {
        float[] logits = [2, Dropped, 1];
        LogitFilter.TopK(logits, k, new float[3]);
        Assert.Equal([2, Dropped, 1], logits);
    }

    [Fact]
    public void TopK_OfOneAmongTies_KeepsThemAll()
    {
        float[] logits = [2, 5, 5, 1, 5];
        LogitFilter.TopK(logits, 1, new float[5]);
        Assert.Equal([Dropped, 5, 5, Dropped, 5], logits);
    }

    [Fact]
    public void Filters_OfNothingKept_LeaveNothing()
    {
        float[] logits = [Dropped, Dropped];
        LogitFilter.TopK(logits, 1, new float[2]);
        LogitFilter.TopP(logits, 0.5, new ulong[2]);
        Assert.Equal([Dropped, Dropped], logits);
    }

    /// <summary>
    /// Plain definition: sort ascending, softmax, running sum, drop while at most 1 - p, keep the last.
    /// </summary>
    private static float[] Defined(float[] logits, double p)
    {
        var order = Enumerable.Range(0, logits.Length)
            .Where(i => logits[i] > Dropped).OrderBy(i => logits[i]).ThenBy(i => i).ToArray();
        if (p == 0 || order.Length == 0)
        {
            return logits;
        }

        var highest = logits[order[^1]];
        var total = order.Sum(i => (double)ManagedMath.Exp(logits[i] - highest));
        var (found, sum) = (logits.ToArray(), 0.0);
        foreach (var i in order[..^1])
        {
            sum += (float)(ManagedMath.Exp(logits[i] - highest) / total);
            if ((float)sum <= (float)(1 - p))
            {
                found[i] = Dropped;
            }
        }

        return found;
    }

    private static void Check(Gen<float[]> logits, Gen<int> setting, Func<float[], int, bool> holds)
        => Prop.ForAll(logits.Zip(setting, (values, number) => (values, number)).ToArbitrary(), pair =>
            holds(pair.values, pair.number))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
}
