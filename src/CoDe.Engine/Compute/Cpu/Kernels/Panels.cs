using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    /// <summary>Words of a cache line, which a row gives before the next line is read.</summary>
    private const int Line = 16;

    /// <summary>Side of the squares that are transposed in registers.</summary>
    private const int Square = 4;

    /// <summary>
    /// Computes destination[column, row] = source[row, column] of 32-bit words. Rows are a multiple of four.
    /// </summary>
    /// <param name="stride">Words from a row of the source to the next.</param>
    public static void Transpose(uint* destination, uint* source, nint stride, int rows, int columns)
    {
        var whole = Sse2.IsSupported ? columns / Square * Square : 0;
        for (var first = 0; first < whole; first += Line)
        {
            var end = Math.Min(first + Line, whole);
            for (var row = 0; row < rows; row += Square)
            {
                for (var column = first; column < end; column += Square)
                {
                    TransposeSquare(
                        destination + ((nint)column * rows) + row, rows, source + (row * stride) + column, stride);
                }
            }
        }

        for (var column = whole; column < columns; column++)
        {
            for (var row = 0; row < rows; row++)
            {
                destination[((nint)column * rows) + row] = source[(row * stride) + column];
            }
        }
    }

    private static void TransposeSquare(uint* destination, nint rows, uint* source, nint stride)
    {
        var (a, b) = (Vector128.Load(source), Vector128.Load(source + stride));
        var (c, d) = (Vector128.Load(source + (2 * stride)), Vector128.Load(source + (3 * stride)));
        var (ab, cd) = (Sse2.UnpackLow(a, b).AsUInt64(), Sse2.UnpackLow(c, d).AsUInt64());
        Sse2.UnpackLow(ab, cd).AsUInt32().Store(destination);
        Sse2.UnpackHigh(ab, cd).AsUInt32().Store(destination + rows);
        (ab, cd) = (Sse2.UnpackHigh(a, b).AsUInt64(), Sse2.UnpackHigh(c, d).AsUInt64());
        Sse2.UnpackLow(ab, cd).AsUInt32().Store(destination + (2 * rows));
        Sse2.UnpackHigh(ab, cd).AsUInt32().Store(destination + (3 * rows));
    }

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
        => Panels.Transpose((uint*)destination, (uint*)rows, inputs, Width, inputs);
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
        for (var lane = 0; lane < V.Count; lane++)
        {
            var low = rows + ((nint)lane * inputs);
            BFloat16.Combine((uint*)low, low, rows + ((nint)(V.Count + lane) * inputs), inputs);
        }

        Panels.Transpose((uint*)destination, (uint*)rows, inputs, V.Count, inputs);
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
