using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Attention of some queries in float32.</summary>
/// <param name="scale">(1, heads)</param>
internal readonly unsafe struct AttentionTile<V>(
    CpuTensor y, CpuTensor queries, CpuCache cache, int layer, CpuTensor scale, bool normalize) : IAttentionTile
    where V : unmanaged, ISimd<V>
{
    public static int MostRows => V.TileRows;

    public void Execute(int row, int count, int sequence, int head, int keys, WorkerScratch scratch)
    {
        var width = 2 * V.Count;
        var scoreStride = (keys + width - 1) / width * width;
        var tile = scratch.Floats(V.TileRows * ((long)scoreStride + cache.HeadWidth + width + 1));
        var scores = tile + (V.TileRows * width);
        var query = scores + ((nint)V.TileRows * scoreStride);
        var sums = query + (V.TileRows * cache.HeadWidth);
        for (var r = 0; r < count; r++)
        {
            Prepare(
                query + (r * cache.HeadWidth), queries.Row(row + r) + (head * cache.HeadWidth),
                ((float*)scale.Address)[head]);
        }

        Score(scores, scoreStride, query, count, sequence, head, keys);
        var registers = (keys + V.Count - 1) / V.Count;
        for (var r = 0; r < count; r++)
        {
            var rowScores = scores + ((nint)r * scoreStride);
            new Span<float>(rowScores + keys, (registers * V.Count) - keys).Fill(float.NegativeInfinity);
            sums[r] = Exponentials(rowScores, registers);
        }

        Mix(tile, scores, scoreStride, sums, row, count, sequence, head, keys);
    }

    private void Prepare(float* query, float* source, float factor)
    {
        factor /= normalize ? StoreKeysValues<V>.Norm(source, cache.HeadWidth) : 1;
        for (var c = 0; c < cache.HeadWidth; c += V.Count)
        {
            var lanes = cache.HeadWidth - c;
            Lanes.Store(query + c, Lanes.Load<V>(source + c, lanes) * V.Broadcast(factor), lanes);
        }
    }

    private void Score(
        float* scores, int scoreStride, float* query, int count, int sequence, int head, int keys)
    {
        var width = 2 * V.Count;
        nint offset = 0;
        for (var key = 0; key < keys; key += width)
        {
            var panel = cache.KeyPanel(layer, sequence, head, key / width);
            RegisterTile<V, Float32Panel<V>>.Multiply(
                scores + key, scoreStride, count, query,
                cache.HeadWidth * sizeof(float), &offset, 1, cache.HeadWidth, panel);
        }
    }

    private void Mix(
        float* tile, float* scores, int scoreStride, float* sums, int row, int count, int sequence, int head,
        int keys)
    {
        var width = 2 * V.Count;
        nint offset = 0;
        for (var c = 0; c < cache.HeadWidth; c += width)
        {
            for (int first = 0, end; first < keys; first = end)
            {
                end = first < cache.Kept ? Math.Min(cache.Kept, keys) : keys;
                RegisterTile<V, Float32Panel<V>>.Multiply(
                    tile, width, count, scores + first, (nint)scoreStride * sizeof(float), &offset, 1, end - first,
                    cache.Values(layer, sequence, head, c / width, first), resume: first > 0);
            }

            for (var r = 0; r < count; r++)
            {
                Divide(
                    y.Row(row + r) + (head * cache.HeadWidth) + c, tile + (r * width),
                    sums[r], Math.Min(width, cache.HeadWidth - c));
            }
        }
    }

    private static void Divide(float* destination, float* source, float divisor, int count)
    {
        for (var c = 0; c < count; c += V.Count)
        {
            Lanes.Store(destination + c, V.Load(source + c) / V.Broadcast(divisor), count - c);
        }
    }

    /// <summary>
    /// Replaces scores by exp(score - highest) and returns their sum. Scores of -inf, which fill the last register,
    /// become at most e^-87, which does not change a sum of at least 1.
    /// </summary>
    private static float Exponentials(float* scores, int registers)
    {
        var end = scores + ((nint)registers * V.Count);
        var highest = V.Load(scores);
        for (var each = scores + V.Count; each < end; each += V.Count)
        {
            highest = V.Max(highest, V.Load(each));
        }

        highest = V.Broadcast(V.Highest(highest));
        var sum = V.Zero;
        for (var each = scores; each < end; each += V.Count)
        {
            var exp = V.Exp(V.Load(each) - highest);
            V.Store(each, exp);
            sum += exp;
        }

        return V.Sum(sum);
    }
}
