namespace CoDe.Compute.Cuda;

/// <summary>Which of the two attention kernels serves: tensor cores for heads of 64 channels of 16 bits, else the one for any.</summary>
internal static class CudaAttention
{
    private const int Block = 128;
    private const int TileHeadWidth = 64;
    private const int TileQueries = 64;
    private const int Queries = 16;

    public static void Run(
        KernelLibrary kernels, Tensor y, Tensor queries, CudaCache cache, int layer, Tensor scale, bool normalize, int first, ReadOnlySpan<int> ends)
    {
        var rowsPerSequence = ends[^1] - first;
        var tiles = cache.Type != ElementType.Float32 && cache.HeadWidth == TileHeadWidth;
        var perBlock = tiles ? TileQueries : Queries;
        var kernel = kernels.Find(tiles ? "attention_tiles" : "attention", cache.Type);
        var sharedBytes = tiles ? 0 : (long)Queries * (((ends[^1] + 7) & ~3) + cache.HeadWidth) * sizeof(float);
        kernels.Launch(
            kernel, ((rowsPerSequence + perBlock - 1) / perBlock, cache.Heads, queries.Rows / rowsPerSequence), Block, sharedBytes,
            y, queries, cache.Keys(layer), cache.Values(layer), scale, cache.Positions, cache.Heads, cache.HeadWidth, normalize ? 1 : 0, first, new AttentionEnds(ends));
    }
}
