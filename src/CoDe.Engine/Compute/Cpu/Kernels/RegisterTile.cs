using System.Runtime.CompilerServices;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// The innermost product: some rows of the left matrix times one panel, accumulated in registers over the whole depth.
/// An output is one chain of multiply-adds in the order of the depth, whichever tile computes it, so results do not
/// depend on how rows are grouped.
/// </summary>
/// <remarks>
/// The depth is walked in segments (the nine taps of a convolution, or one), each at a byte offset from the row. Rows
/// are a constant stride apart: with seven strides in registers each is one address. Of 32 registers, 24 accumulate,
/// two hold the panel.
/// </remarks>
internal static unsafe class RegisterTile<V, TPanel>
    where V : unmanaged, ISimd<V>
    where TPanel : unmanaged, IPanel<V>
{
    /// <summary>
    /// Chooses how many of the remaining rows to take next: a full tile unless that leaves two, whose few multiply-adds
    /// would wait for each other.
    /// </summary>
    public static int Share(int rows) => rows == V.TileRows + 2 ? V.TileRows * 2 / 3 : Math.Min(V.TileRows, rows);

    /// <summary>
    /// Computes tile (rows, 2 x Count) = left (rows, segments x depth) x panel for up to <c>V.TileRows</c> rows.
    /// </summary>
    /// <param name="tileStride">Floats from a row of the tile to the next.</param>
    /// <param name="left">The first row.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="offsets">Where in a row each segment begins, in bytes.</param>
    /// <param name="resume">Whether the tile holds the sums over the depth so far, to be gone on with.</param>
    public static void Multiply(
        float* tile, nint tileStride, int rows, float* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume = false)
    {
        while (rows > 0)
        {
            var taken = rows >= 12 ? 12 : rows >= 8 ? 8 : rows >= 6 ? 6 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
            switch (taken)
            {
                case 12: Rows12(tile, tileStride, (byte*)left, stride, offsets, segments, depth, panel, resume); break;
                case 8: Rows8(tile, tileStride, (byte*)left, stride, offsets, segments, depth, panel, resume); break;
                case 6: Rows6(tile, tileStride, (byte*)left, stride, offsets, segments, depth, panel, resume); break;
                case 4: Rows4(tile, tileStride, (byte*)left, stride, offsets, segments, depth, panel, resume); break;
                case 2: Rows2(tile, tileStride, (byte*)left, stride, offsets, segments, depth, panel, resume); break;
                default: Rows1(tile, tileStride, (byte*)left, stride, offsets, segments, depth, panel, resume); break;
            }

            rows -= taken;
            left = (float*)((byte*)left + (taken * stride));
            tile += taken * tileStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12(
        float* tile, nint tileStride, byte* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume)
    {
        var three = stride * 3;
        var five = stride * 5;
        var seven = stride * 7;
        var nine = stride * 9;
        var eleven = stride * 11;
        Start(tile, resume, out var c00, out var c01);
        Start(tile + tileStride, resume, out var c10, out var c11);
        Start(tile + (2 * tileStride), resume, out var c20, out var c21);
        Start(tile + (3 * tileStride), resume, out var c30, out var c31);
        Start(tile + (4 * tileStride), resume, out var c40, out var c41);
        Start(tile + (5 * tileStride), resume, out var c50, out var c51);
        Start(tile + (6 * tileStride), resume, out var c60, out var c61);
        Start(tile + (7 * tileStride), resume, out var c70, out var c71);
        Start(tile + (8 * tileStride), resume, out var c80, out var c81);
        Start(tile + (9 * tileStride), resume, out var c90, out var c91);
        Start(tile + (10 * tileStride), resume, out var ca0, out var ca1);
        Start(tile + (11 * tileStride), resume, out var cb0, out var cb1);
        for (var segment = 0; segment < segments; segment++)
        {
            var row = left + offsets[segment];
            for (var end = row + (depth * sizeof(float)); row < end; row += sizeof(float), panel += TPanel.Step)
            {
                TPanel.Load(panel, out var first, out var second);
                var a0 = V.Broadcast(*(float*)(row));
                c00 = V.MultiplyAdd(a0, first, c00);
                c01 = V.MultiplyAdd(a0, second, c01);
                var a1 = V.Broadcast(*(float*)(row + stride));
                c10 = V.MultiplyAdd(a1, first, c10);
                c11 = V.MultiplyAdd(a1, second, c11);
                var a2 = V.Broadcast(*(float*)(row + (stride * 2)));
                c20 = V.MultiplyAdd(a2, first, c20);
                c21 = V.MultiplyAdd(a2, second, c21);
                var a3 = V.Broadcast(*(float*)(row + three));
                c30 = V.MultiplyAdd(a3, first, c30);
                c31 = V.MultiplyAdd(a3, second, c31);
                var a4 = V.Broadcast(*(float*)(row + (stride * 4)));
                c40 = V.MultiplyAdd(a4, first, c40);
                c41 = V.MultiplyAdd(a4, second, c41);
                var a5 = V.Broadcast(*(float*)(row + five));
                c50 = V.MultiplyAdd(a5, first, c50);
                c51 = V.MultiplyAdd(a5, second, c51);
                var a6 = V.Broadcast(*(float*)(row + (three * 2)));
                c60 = V.MultiplyAdd(a6, first, c60);
                c61 = V.MultiplyAdd(a6, second, c61);
                var a7 = V.Broadcast(*(float*)(row + seven));
                c70 = V.MultiplyAdd(a7, first, c70);
                c71 = V.MultiplyAdd(a7, second, c71);
                var a8 = V.Broadcast(*(float*)(row + (stride * 8)));
                c80 = V.MultiplyAdd(a8, first, c80);
                c81 = V.MultiplyAdd(a8, second, c81);
                var a9 = V.Broadcast(*(float*)(row + nine));
                c90 = V.MultiplyAdd(a9, first, c90);
                c91 = V.MultiplyAdd(a9, second, c91);
                var aa = V.Broadcast(*(float*)(row + (five * 2)));
                ca0 = V.MultiplyAdd(aa, first, ca0);
                ca1 = V.MultiplyAdd(aa, second, ca1);
                var ab = V.Broadcast(*(float*)(row + eleven));
                cb0 = V.MultiplyAdd(ab, first, cb0);
                cb1 = V.MultiplyAdd(ab, second, cb1);
            }
        }

        Store(tile, c00, c01);
        Store(tile + tileStride, c10, c11);
        Store(tile + (2 * tileStride), c20, c21);
        Store(tile + (3 * tileStride), c30, c31);
        Store(tile + (4 * tileStride), c40, c41);
        Store(tile + (5 * tileStride), c50, c51);
        Store(tile + (6 * tileStride), c60, c61);
        Store(tile + (7 * tileStride), c70, c71);
        Store(tile + (8 * tileStride), c80, c81);
        Store(tile + (9 * tileStride), c90, c91);
        Store(tile + (10 * tileStride), ca0, ca1);
        Store(tile + (11 * tileStride), cb0, cb1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(
        float* tile, nint tileStride, byte* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume)
    {
        var three = stride * 3;
        var five = stride * 5;
        var seven = stride * 7;
        Start(tile, resume, out var c00, out var c01);
        Start(tile + tileStride, resume, out var c10, out var c11);
        Start(tile + (2 * tileStride), resume, out var c20, out var c21);
        Start(tile + (3 * tileStride), resume, out var c30, out var c31);
        Start(tile + (4 * tileStride), resume, out var c40, out var c41);
        Start(tile + (5 * tileStride), resume, out var c50, out var c51);
        Start(tile + (6 * tileStride), resume, out var c60, out var c61);
        Start(tile + (7 * tileStride), resume, out var c70, out var c71);
        for (var segment = 0; segment < segments; segment++)
        {
            var row = left + offsets[segment];
            for (var end = row + (depth * sizeof(float)); row < end; row += sizeof(float), panel += TPanel.Step)
            {
                TPanel.Load(panel, out var first, out var second);
                var a0 = V.Broadcast(*(float*)(row));
                c00 = V.MultiplyAdd(a0, first, c00);
                c01 = V.MultiplyAdd(a0, second, c01);
                var a1 = V.Broadcast(*(float*)(row + stride));
                c10 = V.MultiplyAdd(a1, first, c10);
                c11 = V.MultiplyAdd(a1, second, c11);
                var a2 = V.Broadcast(*(float*)(row + (stride * 2)));
                c20 = V.MultiplyAdd(a2, first, c20);
                c21 = V.MultiplyAdd(a2, second, c21);
                var a3 = V.Broadcast(*(float*)(row + three));
                c30 = V.MultiplyAdd(a3, first, c30);
                c31 = V.MultiplyAdd(a3, second, c31);
                var a4 = V.Broadcast(*(float*)(row + (stride * 4)));
                c40 = V.MultiplyAdd(a4, first, c40);
                c41 = V.MultiplyAdd(a4, second, c41);
                var a5 = V.Broadcast(*(float*)(row + five));
                c50 = V.MultiplyAdd(a5, first, c50);
                c51 = V.MultiplyAdd(a5, second, c51);
                var a6 = V.Broadcast(*(float*)(row + (three * 2)));
                c60 = V.MultiplyAdd(a6, first, c60);
                c61 = V.MultiplyAdd(a6, second, c61);
                var a7 = V.Broadcast(*(float*)(row + seven));
                c70 = V.MultiplyAdd(a7, first, c70);
                c71 = V.MultiplyAdd(a7, second, c71);
            }
        }

        Store(tile, c00, c01);
        Store(tile + tileStride, c10, c11);
        Store(tile + (2 * tileStride), c20, c21);
        Store(tile + (3 * tileStride), c30, c31);
        Store(tile + (4 * tileStride), c40, c41);
        Store(tile + (5 * tileStride), c50, c51);
        Store(tile + (6 * tileStride), c60, c61);
        Store(tile + (7 * tileStride), c70, c71);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6(
        float* tile, nint tileStride, byte* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume)
    {
        var three = stride * 3;
        var five = stride * 5;
        Start(tile, resume, out var c00, out var c01);
        Start(tile + tileStride, resume, out var c10, out var c11);
        Start(tile + (2 * tileStride), resume, out var c20, out var c21);
        Start(tile + (3 * tileStride), resume, out var c30, out var c31);
        Start(tile + (4 * tileStride), resume, out var c40, out var c41);
        Start(tile + (5 * tileStride), resume, out var c50, out var c51);
        for (var segment = 0; segment < segments; segment++)
        {
            var row = left + offsets[segment];
            for (var end = row + (depth * sizeof(float)); row < end; row += sizeof(float), panel += TPanel.Step)
            {
                TPanel.Load(panel, out var first, out var second);
                var a0 = V.Broadcast(*(float*)(row));
                c00 = V.MultiplyAdd(a0, first, c00);
                c01 = V.MultiplyAdd(a0, second, c01);
                var a1 = V.Broadcast(*(float*)(row + stride));
                c10 = V.MultiplyAdd(a1, first, c10);
                c11 = V.MultiplyAdd(a1, second, c11);
                var a2 = V.Broadcast(*(float*)(row + (stride * 2)));
                c20 = V.MultiplyAdd(a2, first, c20);
                c21 = V.MultiplyAdd(a2, second, c21);
                var a3 = V.Broadcast(*(float*)(row + three));
                c30 = V.MultiplyAdd(a3, first, c30);
                c31 = V.MultiplyAdd(a3, second, c31);
                var a4 = V.Broadcast(*(float*)(row + (stride * 4)));
                c40 = V.MultiplyAdd(a4, first, c40);
                c41 = V.MultiplyAdd(a4, second, c41);
                var a5 = V.Broadcast(*(float*)(row + five));
                c50 = V.MultiplyAdd(a5, first, c50);
                c51 = V.MultiplyAdd(a5, second, c51);
            }
        }

        Store(tile, c00, c01);
        Store(tile + tileStride, c10, c11);
        Store(tile + (2 * tileStride), c20, c21);
        Store(tile + (3 * tileStride), c30, c31);
        Store(tile + (4 * tileStride), c40, c41);
        Store(tile + (5 * tileStride), c50, c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(
        float* tile, nint tileStride, byte* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume)
    {
        var three = stride * 3;
        Start(tile, resume, out var c00, out var c01);
        Start(tile + tileStride, resume, out var c10, out var c11);
        Start(tile + (2 * tileStride), resume, out var c20, out var c21);
        Start(tile + (3 * tileStride), resume, out var c30, out var c31);
        for (var segment = 0; segment < segments; segment++)
        {
            var row = left + offsets[segment];
            for (var end = row + (depth * sizeof(float)); row < end; row += sizeof(float), panel += TPanel.Step)
            {
                TPanel.Load(panel, out var first, out var second);
                var a0 = V.Broadcast(*(float*)(row));
                c00 = V.MultiplyAdd(a0, first, c00);
                c01 = V.MultiplyAdd(a0, second, c01);
                var a1 = V.Broadcast(*(float*)(row + stride));
                c10 = V.MultiplyAdd(a1, first, c10);
                c11 = V.MultiplyAdd(a1, second, c11);
                var a2 = V.Broadcast(*(float*)(row + (stride * 2)));
                c20 = V.MultiplyAdd(a2, first, c20);
                c21 = V.MultiplyAdd(a2, second, c21);
                var a3 = V.Broadcast(*(float*)(row + three));
                c30 = V.MultiplyAdd(a3, first, c30);
                c31 = V.MultiplyAdd(a3, second, c31);
            }
        }

        Store(tile, c00, c01);
        Store(tile + tileStride, c10, c11);
        Store(tile + (2 * tileStride), c20, c21);
        Store(tile + (3 * tileStride), c30, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2(
        float* tile, nint tileStride, byte* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume)
    {
        Start(tile, resume, out var c00, out var c01);
        Start(tile + tileStride, resume, out var c10, out var c11);
        for (var segment = 0; segment < segments; segment++)
        {
            var row = left + offsets[segment];
            for (var end = row + (depth * sizeof(float)); row < end; row += sizeof(float), panel += TPanel.Step)
            {
                TPanel.Load(panel, out var first, out var second);
                var a0 = V.Broadcast(*(float*)(row));
                c00 = V.MultiplyAdd(a0, first, c00);
                c01 = V.MultiplyAdd(a0, second, c01);
                var a1 = V.Broadcast(*(float*)(row + stride));
                c10 = V.MultiplyAdd(a1, first, c10);
                c11 = V.MultiplyAdd(a1, second, c11);
            }
        }

        Store(tile, c00, c01);
        Store(tile + tileStride, c10, c11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1(
        float* tile, nint tileStride, byte* left, nint stride,
        nint* offsets, int segments, int depth, byte* panel, bool resume)
    {
        Start(tile, resume, out var c00, out var c01);
        for (var segment = 0; segment < segments; segment++)
        {
            var row = left + offsets[segment];
            for (var end = row + (depth * sizeof(float)); row < end; row += sizeof(float), panel += TPanel.Step)
            {
                TPanel.Load(panel, out var first, out var second);
                var a0 = V.Broadcast(*(float*)(row));
                c00 = V.MultiplyAdd(a0, first, c00);
                c01 = V.MultiplyAdd(a0, second, c01);
            }
        }

        Store(tile, c00, c01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Start(float* row, bool resume, out V first, out V second)
    {
        first = resume ? V.Load(row) : V.Zero;
        second = resume ? V.Load(row + V.Count) : V.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* row, V first, V second)
    {
        V.Store(row, first);
        V.Store(row + V.Count, second);
    }
}
