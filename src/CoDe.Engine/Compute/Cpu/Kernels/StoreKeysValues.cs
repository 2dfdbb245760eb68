using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Puts new keys and values where <see cref="AttentionTile{V}"/> reads them.</summary>
internal static unsafe class StoreKeysValues<V>
    where V : unmanaged, ISimd<V>
{
    public static void Run(
        ThreadTeam team, CpuCache cache, int layer, CpuTensor keysValues,
        int first, int rowsPerSequence, bool normalize)
    {
        var job = new Job(cache, layer, keysValues, first, rowsPerSequence, normalize);
        team.Run(ref job, keysValues.Rows / rowsPerSequence * cache.Heads);
    }

    private readonly struct Job(
        CpuCache cache, int layer, CpuTensor keysValues, int first, int rowsPerSequence, bool normalize) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (sequence, head) = Math.DivRem(task, cache.Heads);
            var width = 2 * V.Count;
            for (var row = 0; row < rowsPerSequence; row++)
            {
                var position = first + row;
                var key = keysValues.Row((sequence * rowsPerSequence) + row) + (head * cache.HeadWidth);
                var rate = normalize ? 1 / Norm(key, cache.HeadWidth) : 1;
                var column = (float*)cache.KeyPanel(layer, sequence, head, position / width) + (position % width);
                for (var c = 0; c < cache.HeadWidth; c++)
                {
                    column[c * width] = key[c] * rate;
                }

                StoreValue(key + (cache.Heads * cache.HeadWidth), sequence, head, position);
            }
        }

        private void StoreValue(float* value, int sequence, int head, int position)
        {
            var width = 2 * V.Count;
            for (var c = 0; c < cache.HeadWidth; c += width)
            {
                var count = Math.Min(width, cache.HeadWidth - c);
                var destination = (float*)cache.Values(layer, sequence, head, c / width, position);
                new ReadOnlySpan<float>(value + c, count).CopyTo(new Span<float>(destination, count));
            }
        }
    }

    /// <summary>The L2 norm, at least 1e-12 so that a zero vector stays zero.</summary>
    public static float Norm(float* vector, int count)
    {
        var sum = V.Zero;
        for (var c = 0; c < count; c += V.Count)
        {
            var lanes = Lanes.Load<V>(vector + c, count - c);
            sum = Lanes.AddSquare(sum, lanes);
        }

        return MathF.Max(MathF.Sqrt(V.Sum(sum)), 1e-12f);
    }
}
