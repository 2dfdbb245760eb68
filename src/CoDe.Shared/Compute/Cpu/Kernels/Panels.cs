using System.Runtime.CompilerServices;
using CoDe.Compute.Cpu.Simd;

namespace CoDe.Compute.Cpu.Kernels;

/// <summary>
/// A panel is 2 x Count outputs of a weight, stored so that the register tile reads it in one forward sweep: for every input, its
/// weights to all the outputs of the panel side by side.
/// </summary>
internal unsafe interface IPanel<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>Of one weight.</summary>
    static abstract ElementType Type { get; }

    /// <summary>Bytes of one input's weights.</summary>
    static abstract int Step { get; }

    static abstract void Load(byte* source, out V first, out V second);

    /// <summary>Writes one input's weights to the 2 x Count outputs.</summary>
    static abstract void Store(byte* destination, float* weights);
}

internal readonly unsafe struct Float32Panel<V> : IPanel<V>
    where V : unmanaged, ISimd<V>
{
    public static ElementType Type => ElementType.Float32;

    public static int Step => 2 * V.Count * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out V first, out V second)
    {
        first = V.Load((float*)source);
        second = V.Load((float*)source + V.Count);
    }

    public static void Store(byte* destination, float* weights)
        => new ReadOnlySpan<float>(weights, 2 * V.Count).CopyTo(new Span<float>(destination, 2 * V.Count));
}

internal readonly unsafe struct BFloat16Panel<V> : IPanel<V>
    where V : unmanaged, ISimd<V>
{
    public static ElementType Type => ElementType.BFloat16;

    public static int Step => 2 * V.Count * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out V first, out V second) => V.LoadBFloat16(source, out first, out second);

    public static void Store(byte* destination, float* weights)
    {
        for (var lane = 0; lane < V.Count; lane++)
        {
            ((uint*)destination)[lane] = BFloat16.Round(weights[lane]) | ((uint)BFloat16.Round(weights[V.Count + lane]) << 16);
        }
    }
}
