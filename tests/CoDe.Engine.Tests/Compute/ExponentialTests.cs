using CoDe.Engine.Compute.Cpu.Simd;
using Xunit;

namespace CoDe.Engine.Tests.Compute;

/// <summary>Registers that the processor lacks are made of narrower ones, so every width is tried everywhere.</summary>
public sealed unsafe class ExponentialTests
{
    [Fact]
    public void Exp_OfSixteenLanes_IsWithinAUnit() => AssertUnits<Avx512>();

    [Fact]
    public void Exp_OfEightLanes_IsWithinAUnit() => AssertUnits<Avx2>();

    [Theory]
    [InlineData(-87.5f, -87)]
    [InlineData(float.NegativeInfinity, -87)]
    [InlineData(88.5f, 88)]
    [InlineData(float.PositiveInfinity, 88)]
    public void Exp_OfWhatLiesBeyond_IsThatOfTheEnd(float x, float end)
    {
        Assert.Equal(Exp<Avx512>(end), Exp<Avx512>(x));
        Assert.Equal(Exp<Avx2>(end), Exp<Avx2>(x));
    }

    private static void AssertUnits<V>()
        where V : unmanaged, ISimd<V>
    {
        for (var x = -87f; x < 88; x += 0.00517f)
        {
            var exact = Math.Exp(x);
            var unit = MathF.BitIncrement((float)exact) - (float)exact;
            Assert.True(Math.Abs(Exp<V>(x) - exact) <= 1.01 * unit, $"e^{x:R}: {Exp<V>(x):R}");
        }
    }

    private static float Exp<V>(float x)
        where V : unmanaged, ISimd<V>
    {
        var lanes = stackalloc float[V.Count];
        V.Store(lanes, V.Exp(V.Broadcast(x)));
        return lanes[V.Count - 1];
    }
}
