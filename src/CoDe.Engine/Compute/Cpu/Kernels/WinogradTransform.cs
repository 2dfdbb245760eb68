using System.Runtime.CompilerServices;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// The transforms of F(4x4, 3x3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015): 4 x 4
/// outputs from 6 x 6 inputs with 36 multiplications instead of 144.
/// </summary>
internal static class WinogradTransform
{
    /// <summary>Outputs a side of a patch.</summary>
    public const int Outputs = 4;

    /// <summary>Inputs a side of a patch.</summary>
    public const int Inputs = 6;

    /// <summary>Products of a patch.</summary>
    public const int Points = Inputs * Inputs;

    private static readonly double[,] Kernel =
    {
        { 1 / 4.0, 0, 0 }, { -1 / 6.0, -1 / 6.0, -1 / 6.0 }, { -1 / 6.0, 1 / 6.0, -1 / 6.0 },
        { 1 / 24.0, 1 / 12.0, 1 / 6.0 }, { 1 / 24.0, -1 / 12.0, 1 / 6.0 }, { 0, 0, 1 },
    };

    /// <summary>G g G^T, of a 3x3 kernel; in float64, since it is done once.</summary>
    public static void OfKernel(ReadOnlySpan<float> kernel, Span<float> points)
    {
        for (var point = 0; point < Points; point++)
        {
            var (row, column) = Math.DivRem(point, Inputs);
            var sum = 0.0;
            for (var tap = 0; tap < kernel.Length; tap++)
            {
                sum += Kernel[row, tap / 3] * Kernel[column, tap % 3] * kernel[tap];
            }

            points[point] = (float)sum;
        }
    }

    /// <summary>B^T d of a column or row of inputs, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OfInputs<V>(ref V d0, ref V d1, ref V d2, ref V d3, ref V d4, ref V d5)
        where V : unmanaged, ISimd<V>
    {
        var (four, minusFour, minusFive) = (V.Broadcast(4), V.Broadcast(-4), V.Broadcast(-5));
        var (outer, inner) = (V.MultiplyAdd(minusFour, d2, d4), V.MultiplyAdd(minusFour, d1, d3));
        var (halfOuter, twiceInner) = (d4 - d2, (d3 - d1) + (d3 - d1));
        var first = V.MultiplyAdd(four, d0, V.MultiplyAdd(minusFive, d2, d4));
        var last = V.MultiplyAdd(four, d1, V.MultiplyAdd(minusFive, d3, d5));
        (d0, d1, d2, d3, d4, d5) =
            (first, outer + inner, outer - inner, halfOuter + twiceInner, halfOuter - twiceInner, last);
    }

    /// <summary>A^T m of a column or row of products; the first four are the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OfProducts<V>(ref V m0, ref V m1, ref V m2, ref V m3, V m4, V m5)
        where V : unmanaged, ISimd<V>
    {
        var (sum, difference, outerSum, outerDifference) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4);
        m0 = m0 + sum + outerSum;
        m1 = difference + outerDifference + outerDifference;
        m2 = V.MultiplyAdd(V.Broadcast(4), outerSum, sum);
        m3 = V.MultiplyAdd(V.Broadcast(8), outerDifference, difference) + m5;
    }
}
