namespace CoDe.Engine.Compute.Cpu.Kernels.Assembled;

/// <summary>Tile of maps that are rounded to bfloat16 as they are copied, of an even number of channels.</summary>
internal readonly unsafe struct BFloat16MapTile(BFloat16Tile product) : IMapTile
{
    public static int ElementBytes => sizeof(ushort);

    public static int Step => PairPanel.Step;

    public void Copy(byte* destination, float* source, int count)
        => BFloat16.Round(source, (ushort*)destination, count);

    public void Multiply(
        float* tile, int rows, byte* left, nint stride, nint* offsets, int segments, int depth, byte* panel)
    {
        var call = new TileCall
        {
            LeftStride = stride,
            Pairs = depth / 2,
            TileStride = BFloat16Tile.Width * sizeof(float),
        };
        for (int first = 0, count; first < rows; first += count)
        {
            count = BFloat16Tile.Share(rows - first);
            call.Tile = tile + ((nint)first * BFloat16Tile.Width);
            for (var segment = 0; segment < segments; segment++)
            {
                call.Left = (ushort*)(left + (first * stride) + offsets[segment]);
                call.Panel = panel + ((nint)segment * depth * Step);
                call.Resume = segment > 0 ? 1 : 0;
                product.Multiply(call, count, streamed: false);
            }
        }
    }
}
