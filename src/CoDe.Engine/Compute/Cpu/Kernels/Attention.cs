using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Puts new keys and values where <see cref="Attention{V}"/> reads them.</summary>
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
                var column = cache.KeyPanel(layer, sequence, head, position / width) + (position % width);
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
                var destination = cache.ValuePanel(layer, sequence, head, c / width) + ((nint)position * width);
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

/// <summary>
/// Computes y = softmax(scale[head] * q k^T) v a tile of queries at a time, so that scores stay in the worker's cache.
/// </summary>
internal static unsafe class Attention<V>
    where V : unmanaged, ISimd<V>
{
    public static void Run(
        ThreadTeam team, CpuTensor y, CpuTensor queries, CpuCache cache, int layer,
        CpuTensor scale, bool normalize, int first, ReadOnlySpan<int> ends)
    {
        var rowsPerSequence = ends[^1] - first;
        var sequences = queries.Rows / rowsPerSequence;
        for (var begin = first; !ends.IsEmpty; begin = ends[0], ends = ends[1..])
        {
            var tiles = (ends[0] - begin + V.TileRows - 1) / V.TileRows;
            var tilesPerTask = Math.Max(1, tiles * cache.Heads * sequences / (team.Count * 8));
            var tasksPerHead = (tiles + tilesPerTask - 1) / tilesPerTask;
            var job = new Job(
                y, queries, cache, layer, scale, normalize, rowsPerSequence,
                begin - first, ends[0] - begin, ends[0], tilesPerTask, tasksPerHead);
            team.Run(ref job, sequences * cache.Heads * tasksPerHead);
        }
    }

    private readonly struct Job(
        CpuTensor y, CpuTensor queries, CpuCache cache, int layer, CpuTensor scale, bool normalize,
        int rowsPerSequence, int firstRow, int rows, int keys, int tilesPerTask, int tasksPerHead) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (pair, part) = Math.DivRem(task, tasksPerHead);
            var (sequence, head) = Math.DivRem(pair, cache.Heads);
            var first = part * tilesPerTask * V.TileRows;
            var end = Math.Min(first + (tilesPerTask * V.TileRows), rows);
            for (var row = first; row < end; row += V.TileRows)
            {
                var count = Math.Min(V.TileRows, end - row);
                Tile((sequence * rowsPerSequence) + firstRow + row, count, sequence, head, scratch);
            }
        }

        private void Tile(int row, int count, int sequence, int head, WorkerScratch scratch)
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

            Score(scores, scoreStride, query, count, sequence, head);
            var registers = (keys + V.Count - 1) / V.Count;
            for (var r = 0; r < count; r++)
            {
                var rowScores = scores + ((nint)r * scoreStride);
                new Span<float>(rowScores + keys, (registers * V.Count) - keys).Fill(float.NegativeInfinity);
                sums[r] = Exponentials(rowScores, registers);
            }

            Mix(tile, scores, scoreStride, sums, row, count, sequence, head);
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

        private void Score(float* scores, int scoreStride, float* query, int count, int sequence, int head)
        {
            var width = 2 * V.Count;
            nint offset = 0;
            for (var key = 0; key < keys; key += width)
            {
                var panel = (byte*)cache.KeyPanel(layer, sequence, head, key / width);
                RegisterTile<V, Float32Panel<V>>.Multiply(
                    scores + key, scoreStride, count, query,
                    cache.HeadWidth * sizeof(float), &offset, 1, cache.HeadWidth, panel);
            }
        }

        private void Mix(
            float* tile, float* scores, int scoreStride, float* sums, int row, int count, int sequence, int head)
        {
            var width = 2 * V.Count;
            nint offset = 0;
            for (var c = 0; c < cache.HeadWidth; c += width)
            {
                var panel = (byte*)cache.ValuePanel(layer, sequence, head, c / width);
                RegisterTile<V, Float32Panel<V>>.Multiply(
                    tile, width, count, scores, (nint)scoreStride * sizeof(float), &offset, 1, keys, panel);
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
