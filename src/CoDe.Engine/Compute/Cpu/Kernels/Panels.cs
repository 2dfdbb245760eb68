using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Layout of a panel of outputs of a weight, stored so that a tile reads it in one forward sweep: the weights of an
/// input to all outputs of the panel lie side by side.
/// </summary>
internal unsafe interface IPanelLayout
{
    /// <summary>Outputs of a panel.</summary>
    static abstract int Width { get; }

    /// <summary>Bytes of one input's weights.</summary>
    static abstract int Step { get; }

    /// <summary>Writes a panel from the rows of its outputs, (Width, inputs), which it may overwrite.</summary>
    static abstract void Interleave(byte* destination, float* rows, int inputs);
}

/// <summary>Panel of 2 x Count outputs, as <see cref="RegisterTile{V, TPanel}"/> reads it.</summary>
internal unsafe interface IPanel<V> : IPanelLayout
    where V : unmanaged, ISimd<V>
{
    /// <summary>Type of one weight.</summary>
    static abstract ElementType Type { get; }

    static abstract void Load(byte* source, out V first, out V second);
}

internal static unsafe class Panels
{
    /// <summary>Rounds rows to bfloat16, each into the first half of its own memory.</summary>
    /// <param name="rows">(count, inputs)</param>
    public static void RoundRows(float* rows, int count, int inputs)
    {
        for (var row = rows; row < rows + ((nint)count * inputs); row += inputs)
        {
            BFloat16.Round(row, (ushort*)row, inputs);
        }
    }
}

internal readonly unsafe struct Float32Panel<V> : IPanel<V>
    where V : unmanaged, ISimd<V>
{
    public static ElementType Type => ElementType.Float32;

    public static int Width => 2 * V.Count;

    public static int Step => Width * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out V first, out V second)
    {
        first = V.Load((float*)source);
        second = V.Load((float*)source + V.Count);
    }

    public static void Interleave(byte* destination, float* rows, int inputs)
    {
        var weight = (float*)destination;
        for (var input = 0; input < inputs; input++)
        {
            for (var output = 0; output < Width; output++)
            {
                *weight++ = rows[((nint)output * inputs) + input];
            }
        }
    }
}

internal readonly unsafe struct BFloat16Panel<V> : IPanel<V>
    where V : unmanaged, ISimd<V>
{
    public static ElementType Type => ElementType.BFloat16;

    public static int Width => 2 * V.Count;

    public static int Step => Width * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* source, out V first, out V second) => V.LoadBFloat16(source, out first, out second);

    public static void Interleave(byte* destination, float* rows, int inputs)
    {
        Panels.RoundRows(rows, Width, inputs);
        var word = (uint*)destination;
        for (var input = 0; input < inputs; input++)
        {
            for (var lane = 0; lane < V.Count; lane++)
            {
                var low = (ushort*)(rows + ((nint)lane * inputs));
                var high = (ushort*)(rows + ((nint)(V.Count + lane) * inputs));
                *word++ = low[input] | ((uint)high[input] << 16);
            }
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

    public static int Width => TPanel.Width;

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

    public static void Interleave(byte* destination, float* rows, int inputs)
        => TPanel.Interleave(destination, rows, inputs);
}
