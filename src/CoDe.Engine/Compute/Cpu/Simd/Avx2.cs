using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoDe.Engine.Compute.Cpu.Simd;

/// <summary>Eight lanes with fused multiply-add.</summary>
internal readonly unsafe struct Avx2 : IFusedSimd<Avx2>
{
    private readonly Vector256<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Avx2(Vector256<float> lanes) => _lanes = lanes;

    public static int Count => Vector256<float>.Count;

    public static int TileRows => 6;

    public static Avx2 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Avx2 value) => value._lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 MultiplyAdd(Avx2 a, Avx2 b, Avx2 c)
        => new(Vector256.FusedMultiplyAdd(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 Max(Avx2 a, Avx2 b) => new(Vector256.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 Exp(Avx2 a) => Exponential<Avx2>.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 Min(Avx2 a, Avx2 b) => new(Vector256.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 Round(Avx2 a) => new(Vector256.Round(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 PowerOf2(Avx2 n)
        => new(((Vector256.ConvertToInt32Native(n._lanes) + Vector256.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Avx2 a) => Vector256.Sum(a._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Highest(Avx2 a) => Highest(a._lanes, a._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Highest(Vector256<float> low, Vector256<float> high)
    {
        var eight = Vector256.Max(low, high);
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        var two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(byte* source, out Avx2 first, out Avx2 second)
    {
        var words = Vector256.Load((uint*)source);
        first = new((words << 16).AsSingle());
        second = new((words & Vector256.Create(0xffff0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 operator +(Avx2 a, Avx2 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 operator -(Avx2 a, Avx2 b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 operator *(Avx2 a, Avx2 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2 operator /(Avx2 a, Avx2 b) => new(a._lanes / b._lanes);
}
