using CoDe.Compute.Cpu.Simd;
using Xunit;

namespace CoDe.Tests.Compute;

/// <summary>Registers that the processor lacks are made of narrower ones, so every width is tried everywhere.</summary>
public sealed unsafe class ExponentialTests
{
    [Fact]
    public void Of_SixteenLanes_IsWithinAUnitAndAHalf() => AssertUnits<Avx512>(1.5);

    [Fact]
    public void Of_EightLanes_IsWithinAUnitAndAHalf() => AssertUnits<Avx2>(1.5);

    /// <summary>Products are rounded before they are added.</summary>
    [Fact]
    public void Of_PortableLanes_IsWithinThreeUnits() => AssertUnits<Portable>(3);

    [Theory]
    [InlineData(-87.5f, -87)]
    [InlineData(float.NegativeInfinity, -87)]
    [InlineData(88.5f, 88)]
    [InlineData(float.PositiveInfinity, 88)]
    public void Of_WhatLiesBeyond_IsThatOfTheEnd(float x, float end)
    {
        Assert.Equal(Of<Avx512>(end), Of<Avx512>(x));
        Assert.Equal(Of<Portable>(end), Of<Portable>(x));
    }

    private static void AssertUnits<V>(double most)
        where V : unmanaged, ISimd<V>
    {
        for (var x = -87f; x < 88; x += 0.00517f)
        {
            var exact = Math.Exp(x);
            var unit = MathF.BitIncrement((float)exact) - (float)exact;
            Assert.True(Math.Abs(Of<V>(x) - exact) <= most * unit, $"e^{x:R}: {Of<V>(x):R}");
        }
    }

    private static float Of<V>(float x)
        where V : unmanaged, ISimd<V>
    {
        var lanes = stackalloc float[V.Count];
        V.Store(lanes, Exponential<V>.Of(V.Broadcast(x)));
        return lanes[V.Count - 1];
    }
}
