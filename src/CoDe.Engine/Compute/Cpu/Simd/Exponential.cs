using System.Runtime.CompilerServices;

namespace CoDe.Engine.Compute.Cpu.Simd;

/// <summary>
/// Computes e^x in float32, within a unit in the last place from -87 to 88; arguments beyond get the value of the
/// nearer end. The runtime's exponential widens to float64, which costs attention as much as its products.
/// </summary>
/// <remarks>
/// x = n ln 2 + r with |r| at most ln 2 / 2, so e^x = 2^n e^r, and e^r = 1 + r + r^2 p(r), where p has the least
/// relative error of its degree:
/// 3.1e-9. ln 2 is taken off in two parts, of which n times the first is exact.
/// </remarks>
internal static class Exponential<V>
    where V : unmanaged, IFusedSimd<V>
{
    private const float Lowest = -87;
    private const float Highest = 88;
    private const float BinaryLogarithmOfE = 1.44269504f;
    private const float LogarithmOf2 = 0.693359375f;
    private const float LogarithmOf2Rest = -2.12194440e-4f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of(V x)
    {
        x = V.Min(V.Max(x, V.Broadcast(Lowest)), V.Broadcast(Highest));
        var n = V.Round(x * V.Broadcast(BinaryLogarithmOfE));
        var r = V.MultiplyAdd(n, V.Broadcast(-LogarithmOf2), x);
        r = V.MultiplyAdd(n, V.Broadcast(-LogarithmOf2Rest), r);
        var p = V.MultiplyAdd(r, V.Broadcast(1.3814539e-3f), V.Broadcast(8.368745e-3f));
        p = V.MultiplyAdd(r, p, V.Broadcast(4.166839e-2f));
        p = V.MultiplyAdd(r, p, V.Broadcast(0.16666521f));
        p = V.MultiplyAdd(r, p, V.Broadcast(0.49999994f));
        return (V.Broadcast(1) + V.MultiplyAdd(r * r, p, r)) * V.PowerOf2(n);
    }
}

/// <summary>
/// Register with fused multiply-adds and the other operations of <see cref="Exponential{V}"/>. The portable path uses
/// the runtime's exponential.
/// </summary>
internal interface IFusedSimd<TSelf> : ISimd<TSelf>
    where TSelf : unmanaged, IFusedSimd<TSelf>
{
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>Rounds to the nearest whole number, halves to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>2^n of whole numbers from -126 to 127.</summary>
    static abstract TSelf PowerOf2(TSelf n);
}
