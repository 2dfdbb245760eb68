using System.Runtime.CompilerServices;

namespace CoDe.Engine.Compute.Cpu.Simd;

/// <summary>
/// A register of float32 lanes. Kernels are written once over it and compiled for each width; the compiler removes the
/// wrappers (a 12 x 2 register tile over them measured the same as one over plain intrinsics).
/// </summary>
internal unsafe interface ISimd<TSelf>
    where TSelf : unmanaged, ISimd<TSelf>
{
    /// <summary>Lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the matrix product's register tile: 12 where there are 32 registers, else 6.</summary>
    static abstract int TileRows { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Load(float* source);

    static abstract void Store(float* destination, TSelf value);

    static abstract TSelf Broadcast(float value);

    /// <summary>a * b + c, fused where the path has it.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Max(TSelf a, TSelf b);

    static abstract TSelf Exp(TSelf a);

    /// <summary>The sum of the lanes, in an order fixed for the path.</summary>
    static abstract float Sum(TSelf a);

    static abstract float Highest(TSelf a);

    /// <summary>
    /// Expands 2 x Count bfloat16 stored in pairs: the low half of word i is lane i of the first, the high half of the
    /// second.
    /// </summary>
    static abstract void LoadBFloat16(byte* source, out TSelf first, out TSelf second);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);
}

internal static unsafe class Lanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V AddSquare<V>(V sum, V value)
        where V : unmanaged, ISimd<V> => V.MultiplyAdd(value, value, sum);

    /// <summary>The first <paramref name="lanes"/> lanes from memory, the rest 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(float* source, int lanes)
        where V : unmanaged, ISimd<V> => lanes >= V.Count ? V.Load(source) : LoadPart<V>(source, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(float* destination, V value, int lanes)
        where V : unmanaged, ISimd<V>
    {
        if (lanes >= V.Count)
        {
            V.Store(destination, value);
        }
        else
        {
            StorePart(destination, value, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V LoadPart<V>(float* source, int lanes)
        where V : unmanaged, ISimd<V>
    {
        var all = stackalloc float[V.Count];
        for (var lane = 0; lane < V.Count; lane++)
        {
            all[lane] = lane < lanes ? source[lane] : 0;
        }

        return V.Load(all);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StorePart<V>(float* destination, V value, int lanes)
        where V : unmanaged, ISimd<V>
    {
        var all = stackalloc float[V.Count];
        V.Store(all, value);
        for (var lane = 0; lane < lanes; lane++)
        {
            destination[lane] = all[lane];
        }
    }
}
