using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CoDe.Engine.Compute.Cpu.Simd;

/// <summary>Sixteen lanes with fused multiply-add and 32 registers.</summary>
internal readonly unsafe struct Avx512 : IFusedSimd<Avx512>
{
    private readonly Vector512<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Avx512(Vector512<float> lanes) => _lanes = lanes;

    public static int Count => Vector512<float>.Count;

    public static int TileRows => 12;

    public static Avx512 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Avx512 value) => value._lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 MultiplyAdd(Avx512 a, Avx512 b, Avx512 c)
        => new(Vector512.FusedMultiplyAdd(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Max(Avx512 a, Avx512 b) => new(Vector512.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Exp(Avx512 a) => Exponential<Avx512>.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Min(Avx512 a, Avx512 b) => new(Vector512.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Round(Avx512 a) => new(Vector512.Round(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 PowerOf2(Avx512 n)
        => new(((Vector512.ConvertToInt32Native(n._lanes) + Vector512.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Avx512 a) => Vector512.Sum(a._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Highest(Avx512 a) => Avx2.Highest(a._lanes.GetLower(), a._lanes.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16(byte* source, out Avx512 first, out Avx512 second)
    {
        var words = Vector512.Load((uint*)source);
        first = new((words << 16).AsSingle());
        second = new((words & Vector512.Create(0xffff0000u)).AsSingle());
    }

    /// <summary>Expands sixteen bfloat16, one behind the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 Expand(ushort* source)
    {
        var halves = Vector256.Load(source);
        return new((Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves)) << 16).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 operator +(Avx512 a, Avx512 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 operator -(Avx512 a, Avx512 b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 operator *(Avx512 a, Avx512 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512 operator /(Avx512 a, Avx512 b) => new(a._lanes / b._lanes);
}
