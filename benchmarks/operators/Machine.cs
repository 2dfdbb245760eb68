using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CoDe.Compute.Cpu;

namespace CoDe.Benchmarks.Operators;

/// <summary>What so many threads of this machine reach at best: the roof that operators are held against.</summary>
/// <param name="Operations">A second, multiplications and additions each counting.</param>
/// <param name="Bytes">Read from memory a second.</param>
internal sealed unsafe record Machine(double Operations, double Bytes)
{
    private const int Chains = 12;
    private const int Rounds = 2_000_000;
    private const int Floats = 64 << 20;

    /// <summary>The best of some tries.</summary>
    public static Machine Measure(InstructionPath path, int threads) => new(
        Best(threads, _ => path == InstructionPath.Avx512 ? Multiply512() : Multiply256()), Best(threads, ReadMemory()));

    private static double Best(int threads, Func<int, double> work)
    {
        var best = 0.0;
        for (var attempt = 0; attempt < 7; attempt++)
        {
            var start = Stopwatch.GetTimestamp();
            var done = new double[threads];
            Thread[] team = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() => done[thread] = work(thread)))];
            Array.ForEach(team, thread => thread.Start());
            Array.ForEach(team, thread => thread.Join());
            best = Math.Max(best, done.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <summary>Independent chains of multiply-adds, enough of them to hide the latency of one.</summary>
    /// <returns>Operations done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Multiply512()
    {
        var (a, b) = (Vector512.Create(0.999f), Vector512.Create(1e-7f));
        Vector512<float> c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, ca = a, cb = a;
        for (var i = 0; i < Rounds; i++)
        {
            c0 = Vector512.FusedMultiplyAdd(c0, a, b);
            c1 = Vector512.FusedMultiplyAdd(c1, a, b);
            c2 = Vector512.FusedMultiplyAdd(c2, a, b);
            c3 = Vector512.FusedMultiplyAdd(c3, a, b);
            c4 = Vector512.FusedMultiplyAdd(c4, a, b);
            c5 = Vector512.FusedMultiplyAdd(c5, a, b);
            c6 = Vector512.FusedMultiplyAdd(c6, a, b);
            c7 = Vector512.FusedMultiplyAdd(c7, a, b);
            c8 = Vector512.FusedMultiplyAdd(c8, a, b);
            c9 = Vector512.FusedMultiplyAdd(c9, a, b);
            ca = Vector512.FusedMultiplyAdd(ca, a, b);
            cb = Vector512.FusedMultiplyAdd(cb, a, b);
        }

        return Keep(Vector512.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + ca + cb), 2.0 * Chains * Vector512<float>.Count * Rounds);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Multiply256()
    {
        var (a, b) = (Vector256.Create(0.999f), Vector256.Create(1e-7f));
        Vector256<float> c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, ca = a, cb = a;
        for (var i = 0; i < Rounds; i++)
        {
            c0 = Vector256.FusedMultiplyAdd(c0, a, b);
            c1 = Vector256.FusedMultiplyAdd(c1, a, b);
            c2 = Vector256.FusedMultiplyAdd(c2, a, b);
            c3 = Vector256.FusedMultiplyAdd(c3, a, b);
            c4 = Vector256.FusedMultiplyAdd(c4, a, b);
            c5 = Vector256.FusedMultiplyAdd(c5, a, b);
            c6 = Vector256.FusedMultiplyAdd(c6, a, b);
            c7 = Vector256.FusedMultiplyAdd(c7, a, b);
            c8 = Vector256.FusedMultiplyAdd(c8, a, b);
            c9 = Vector256.FusedMultiplyAdd(c9, a, b);
            ca = Vector256.FusedMultiplyAdd(ca, a, b);
            cb = Vector256.FusedMultiplyAdd(cb, a, b);
        }

        return Keep(Vector256.Sum(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + ca + cb), 2.0 * Chains * Vector256<float>.Count * Rounds);
    }

    /// <summary>Every thread reads a quarter of a GiB of its own from end to end.</summary>
    private static Func<int, double> ReadMemory()
    {
        var blocks = new Dictionary<int, nint>();
        return thread =>
        {
            nint block;
            lock (blocks)
            {
                if (!blocks.TryGetValue(thread, out block))
                {
                    blocks[thread] = block = (nint)NativeMemory.AlignedAlloc((nuint)Floats * sizeof(float), 1 << 21);
                    new Span<float>((float*)block, Floats).Fill(1);
                }
            }

            return Keep(Sum((float*)block), (double)Floats * sizeof(float));
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* values)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (var end = values + Floats; values < end; values += 4 * Vector512<float>.Count)
        {
            c0 += Vector512.Load(values);
            c1 += Vector512.Load(values + Vector512<float>.Count);
            c2 += Vector512.Load(values + (2 * Vector512<float>.Count));
            c3 += Vector512.Load(values + (3 * Vector512<float>.Count));
        }

        return Vector512.Sum(c0 + c1 + c2 + c3);
    }

    /// <summary>The count, of work whose result is looked at so that it is done.</summary>
    private static double Keep(float result, double count) => float.IsNaN(result) ? 0 : count;
}
