using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>
/// Attention of some queries in bfloat16. Scores are float32; their exponentials are rounded before they are added up,
/// so that the weights of a query still add up to 1.
/// </summary>
/// <remarks>
/// A query is not scaled before the product, which would round it once more: its scores are.
/// </remarks>
/// <param name="scale">(1, heads), each positive.</param>
internal readonly unsafe struct BFloat16AttentionTile(
    BFloat16Tile product, CpuTensor y, CpuTensor queries, CpuCache cache, int layer, CpuTensor scale, bool normalize)
    : IAttentionTile
{
    private const int Width = BFloat16Tile.Width;

    public static int MostRows => TileAssembler.MostRows;

    public void Execute(int row, int count, int sequence, int head, int keys, WorkerScratch scratch)
    {
        var stride = (keys + Width - 1) / Width * Width;
        var tile = scratch.Floats((MostRows * ((long)stride + Width + 1)) + cache.HeadWidth);
        var scores = tile + (MostRows * Width);
        var sums = scores + ((nint)MostRows * stride);
        var wide = sums + MostRows;
        Score(scores, stride, row, count, sequence, head, keys);
        for (var r = 0; r < count; r++)
        {
            var query = queries.HalfRow(row + r) + (head * cache.HeadWidth);
            sums[r] = Weigh(scores + ((nint)r * stride), keys, FactorOf(query, head, wide));
        }

        Mix(tile, (ushort*)scores, stride, sums, row, count, sequence, head, keys);
    }

    /// <summary>Replaces scores by their exponentials in bfloat16, an even number of them.</summary>
    /// <returns>Their sum.</returns>
    private static float Weigh(float* scores, int keys, float factor)
    {
        var registers = (keys + Avx512.Count - 1) / Avx512.Count;
        var end = scores + (registers * Avx512.Count);
        new Span<float>(scores + keys, (int)(end - scores) - keys).Fill(float.NegativeInfinity);
        var highest = Avx512.Load(scores);
        for (var each = scores + Avx512.Count; each < end; each += Avx512.Count)
        {
            highest = Avx512.Max(highest, Avx512.Load(each));
        }

        highest = Avx512.Broadcast(Avx512.Highest(highest));
        for (var each = scores; each < end; each += Avx512.Count)
        {
            Avx512.Store(each, Avx512.Exp((Avx512.Load(each) - highest) * Avx512.Broadcast(factor)));
        }

        new Span<float>(scores + keys, (int)(end - scores) - keys).Clear();
        var weights = (ushort*)scores;
        BFloat16.Round(scores, weights, (int)(end - scores));
        return Sum(weights, registers * Avx512.Count);
    }

    private static float Sum(ushort* weights, int count)
    {
        var sum = Avx512.Zero;
        for (var i = 0; i < count; i += Avx512.Count)
        {
            sum += Avx512.Expand(weights + i);
        }

        return Avx512.Sum(sum);
    }

    private float FactorOf(ushort* query, int head, float* wide)
    {
        var factor = ((float*)scale.Address)[head];
        if (!normalize)
        {
            return factor;
        }

        BFloat16.Expand(query, wide, cache.HeadWidth);
        return factor / StoreKeysValues<Avx512>.Norm(wide, cache.HeadWidth);
    }

    private void Score(float* scores, int stride, int row, int count, int sequence, int head, int keys)
    {
        var call = new TileCall
        {
            Left = queries.HalfRow(row) + (head * cache.HeadWidth),
            LeftStride = (nint)queries.Stride * sizeof(ushort),
            Pairs = cache.HeadWidth / 2,
            TileStride = (nint)stride * sizeof(float),
        };
        for (var key = 0; key < keys; key += Width)
        {
            call.Panel = cache.KeyPanel(layer, sequence, head, key / Width);
            call.Tile = scores + key;
            product.Multiply(call, count, streamed: false);
        }
    }

    /// <param name="weights">Rows at the distance of those of float32 scores.</param>
    private void Mix(
        float* tile, ushort* weights, int stride, float* sums, int row, int count, int sequence, int head, int keys)
    {
        var call = new TileCall
        {
            LeftStride = (nint)stride * sizeof(float),
            Tile = tile,
            TileStride = Width * sizeof(float),
        };
        for (var c = 0; c < cache.HeadWidth; c += Width)
        {
            for (int first = 0, end; first < keys; first = end)
            {
                end = first < cache.Kept ? Math.Min(cache.Kept, keys) : keys;
                call.Left = weights + first;
                call.Pairs = (end - first + 1) / 2;
                call.Panel = cache.Values(layer, sequence, head, c / Width, first);
                call.Resume = first > 0 ? 1 : 0;
                product.Multiply(call, count, streamed: false);
            }

            for (var r = 0; r < count; r++)
            {
                Divide(tile + (r * Width), sums[r]);
                BFloat16.Round(
                    tile + (r * Width), y.HalfRow(row + r) + (head * cache.HeadWidth) + c,
                    Math.Min(Width, cache.HeadWidth - c));
            }
        }
    }

    private static void Divide(float* values, float divisor)
    {
        for (var c = 0; c < Width; c += Avx512.Count)
        {
            Avx512.Store(values + c, Avx512.Load(values + c) / Avx512.Broadcast(divisor));
        }
    }
}
