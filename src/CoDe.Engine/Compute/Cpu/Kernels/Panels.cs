using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Panel of 2 x Count outputs of a weight, stored so that the register tile reads it in one forward sweep: the weights
/// of an input to all outputs of the panel lie side by side.
/// </summary>
internal unsafe interface IPanel<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>Bytes of one weight.</summary>
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
            var high = (uint)BFloat16.Round(weights[V.Count + lane]);
            ((uint*)destination)[lane] = BFloat16.Round(weights[lane]) | (high << 16);
        }
    }
}

/// <summary>
/// Panel that comes from memory, for the first rows that use it: prefetched so far ahead that the multiply-adds seldom
/// wait. The processor's own look-ahead is limited by its instruction window, which a few rows' multiply-adds fill.
/// </summary>
internal readonly unsafe struct StreamedPanel<V, TPanel> : IPanel<V>
    where V : unmanaged, ISimd<V>
    where TPanel : unmanaged, IPanel<V>
{
    private const int Ahead = 4096;
    private const int CacheLine = 64;

    public static ElementType Type => TPanel.Type;

    public static int Step => TPanel.Step;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out V first, out V second)
    {
        if (Sse.IsSupported)
        {
            for (var line = 0; line < Step; line += CacheLine)
            {
                Sse.Prefetch0(source + Ahead + line);
            }
        }

        TPanel.Load(source, out first, out second);
    }

    public static void Store(byte* destination, float* weights) => TPanel.Store(destination, weights);
}
