using System.Diagnostics;
using System.Runtime.CompilerServices;
using CoDe.Engine.Compute;
using CoDe.Engine.Compute.Cpu;
using CoDe.Engine.Compute.Cpu.Kernels.Assembled;
using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Benchmarks.Operators;

/// <summary>Best rates of some threads of this machine: the roof that operators are measured against.</summary>
/// <param name="Operations">A second, multiplications and additions each counting.</param>
/// <param name="Products">Those of linear layers and attention, which may be of a faster type.</param>
/// <param name="Bytes">Read from memory a second.</param>
internal sealed unsafe record Machine(double Operations, double Products, double Bytes)
{
    /// <summary>Spread over some seconds, since what neighbours take from a machine comes and goes.</summary>
    private const int Attempts = 40;

    private const int Chains = 12;
    private const int Rounds = 2_000_000;
    private const int Floats = 64 << 20;
    private const int TilePairs = 64;
    private const int TileRounds = 5_000;

    /// <summary>The best of all attempts.</summary>
    public static Machine Measure(InstructionPath path, CpuPrecision precision, int threads)
    {
        using var backend = CpuBackend.Create(new CpuOptions(Threads: 1));
        using var arena = backend.CreateArena();
        CpuTensor[] memory = [.. Enumerable.Range(0, threads).Select(_ => (CpuTensor)arena.Allocate(1, Floats))];
        Array.ForEach(memory, each => new Span<float>((float*)each.Address, Floats).Fill(1));
        Func<double> multiply = path switch
        {
            InstructionPath.Avx512 => Multiply<Avx512>,
            InstructionPath.Avx2 => Multiply<Avx2>,
            _ => Multiply<Portable>,
        };
        var operations = Best(threads, _ => multiply());
        var tile = precision == CpuPrecision.BFloat16 && path == InstructionPath.Avx512 ? BFloat16Tile.Instance : null;
        return new Machine(
            operations, tile is null ? operations : Best(threads, _ => Multiply(tile)),
            Best(threads, thread => Read((float*)memory[thread].Address)));
    }

    private static double Best(int threads, Func<int, double> work)
    {
        var best = 0.0;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var start = Stopwatch.GetTimestamp();
            var done = new double[threads];
            Thread[] team = [.. Enumerable.Range(0, threads)
                .Select(thread => new Thread(() => done[thread] = work(thread)))];
            Array.ForEach(team, thread => thread.Start());
            Array.ForEach(team, thread => thread.Join());
            best = Math.Max(best, done.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <summary>Independent chains of multiply-adds, enough of them to hide the latency of one.</summary>
    /// <returns>Operations done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Multiply<V>()
        where V : unmanaged, ISimd<V>
    {
        var (a, b) = (V.Broadcast(0.999f), V.Broadcast(1e-7f));
        V c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, ca = a, cb = a;
        for (var i = 0; i < Rounds; i++)
        {
            c0 = V.MultiplyAdd(c0, a, b);
            c1 = V.MultiplyAdd(c1, a, b);
            c2 = V.MultiplyAdd(c2, a, b);
            c3 = V.MultiplyAdd(c3, a, b);
            c4 = V.MultiplyAdd(c4, a, b);
            c5 = V.MultiplyAdd(c5, a, b);
            c6 = V.MultiplyAdd(c6, a, b);
            c7 = V.MultiplyAdd(c7, a, b);
            c8 = V.MultiplyAdd(c8, a, b);
            c9 = V.MultiplyAdd(c9, a, b);
            ca = V.MultiplyAdd(ca, a, b);
            cb = V.MultiplyAdd(cb, a, b);
        }

        return Keep(V.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + ca + cb), 2.0 * Chains * V.Count * Rounds);
    }

    /// <summary>The largest tile, from the first-level cache.</summary>
    /// <returns>Operations done.</returns>
    private static double Multiply(BFloat16Tile tile)
    {
        const int Rows = TileAssembler.MostRows;
        using var backend = CpuBackend.Create(new CpuOptions(Threads: 1));
        using var arena = backend.CreateArena();
        CpuTensor left = arena.Allocate(Rows, 2 * TilePairs, ElementType.BFloat16);
        CpuTensor panel = arena.Allocate(1, TilePairs * TileAssembler.Step, ElementType.UInt8);
        CpuTensor sums = arena.Allocate(Rows, BFloat16Tile.Width);
        var call = new TileCall
        {
            Left = (ushort*)left.Address,
            LeftStride = (nint)left.Stride * sizeof(ushort),
            Panel = (byte*)panel.Address,
            Pairs = TilePairs,
            Tile = (float*)sums.Address,
            TileStride = (nint)sums.Stride * sizeof(float),
        };
        for (var i = 0; i < TileRounds; i++)
        {
            tile.Multiply(call, Rows, streamed: false);
        }

        return Keep(*(float*)sums.Address, 2.0 * Rows * BFloat16Tile.Width * 2 * TilePairs * TileRounds);
    }

    /// <summary>A quarter of a GiB from end to end, with the widest registers there are.</summary>
    /// <returns>Bytes read.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Read(float* values)
    {
        Avx512 c0 = default, c1 = default, c2 = default, c3 = default;
        for (var end = values + Floats; values < end; values += 4 * Avx512.Count)
        {
            c0 += Avx512.Load(values);
            c1 += Avx512.Load(values + Avx512.Count);
            c2 += Avx512.Load(values + (2 * Avx512.Count));
            c3 += Avx512.Load(values + (3 * Avx512.Count));
        }

        return Keep(Avx512.Sum(c0 + c1 + c2 + c3), (double)Floats * sizeof(float));
    }

    /// <summary>The count, of work whose result is looked at so that it is done.</summary>
    private static double Keep(float result, double count) => float.IsNaN(result) ? 0 : count;
}
