namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>Tile of inputs in bfloat16, an even number of them.</summary>
internal readonly unsafe struct BFloat16LinearTile(BFloat16Tile tile) : ILinearTile
{
    public static int MostDepth => 4096;

    public static int Share(int rows) => BFloat16Tile.Share(rows);

    public void Multiply(
        float* sums, CpuTensor x, int row, int rows, byte* panel, int first, int end, bool isStreamed)
    {
        var call = new TileCall
        {
            Left = x.HalfRow(row) + first,
            LeftStride = (nint)x.Stride * sizeof(ushort),
            Panel = panel + ((nint)first * PairPanel.Step),
            Pairs = (end - first) / 2,
            Tile = sums,
            TileStride = BFloat16Tile.Width * sizeof(float),
            Resume = first > 0 ? 1 : 0,
        };
        tile.Multiply(call, rows, isStreamed);
    }
}
