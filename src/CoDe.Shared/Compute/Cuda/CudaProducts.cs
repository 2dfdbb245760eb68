namespace CoDe.Compute.Cuda;

/// <summary>What becomes of a product; the numbers are the kernels'.</summary>
internal enum Epilogue
{
    Assign = 0,
    Gelu = 1,
    GatedResidual = 2,
}

/// <summary>
/// Matrix products and convolutions. Every element is summed over its inputs in one order, whichever tile it falls into, so tiles are chosen by
/// size alone. What cuBLASLt takes goes there.
/// </summary>
/// <param name="cublas">Null where it is not used.</param>
internal sealed class CudaProducts(KernelLibrary kernels, int multiprocessors, CublasProducts? cublas)
{
    private static readonly Tile Narrow = new("16x32", 16, 32, 128, 27 << 10);
    private static readonly Tile Middle = new("64x64", 64, 64, 128, 30 << 10);
    private static readonly Tile Wide = new("128x128", 128, 128, 256, 60 << 10);
    private static readonly Tile Plain = new("", 64, 64, 256, 0);

    public void Linear(Tensor y, Tensor x, CudaLinear weights, Epilogue epilogue, Tensor gate, int rowsPerSequence)
    {
        if (cublas is not null && cublas.Linear(y, x, weights, epilogue, gate, rowsPerSequence))
        {
            return;
        }

        var plain = weights.Weight.Type == ElementType.Float32;
        var tile = plain ? Plain : Choose(y.Rows, weights.Outputs);
        var kernel = plain ? kernels.Find("linear", ElementType.Float32) : kernels.Find("linear", x.Type, y.Type, tile.Name);
        kernels.Launch(kernel, tile.Grid(y.Rows, weights.Outputs), tile.Threads, tile.SharedBytes, y, x, weights.Weight, weights.Bias.Address, gate, rowsPerSequence, (int)epilogue);
    }

    public void Convolution(Tensor y, Tensor x, CudaConvolution weights, int height, int width, bool accumulate)
    {
        var plain = weights.Weight.Type == ElementType.Float32 || weights.Inputs % 16 != 0;
        var tile = plain ? Plain : Choose(y.Rows, weights.Outputs, Middle);
        var kernel = plain ? kernels.Find("convolution", weights.Weight.Type) : kernels.Find("convolution_tiles", weights.Weight.Type, variant: tile.Name);
        kernels.Launch(
            kernel, tile.Grid(y.Rows, weights.Outputs), tile.Threads, tile.SharedBytes,
            y, x, weights.Weight, weights.Bias.Address, height, width, weights.Kernel, (int)weights.Walk, accumulate ? 1 : 0);
    }

    /// <summary>The largest tile of which there are enough to keep every multiprocessor busy.</summary>
    private Tile Choose(int rows, int outputs, Tile? least = null)
    {
        if (Wide.Count(rows, outputs) >= multiprocessors)
        {
            return Wide;
        }

        return least is not null || (rows > Narrow.Rows && Middle.Count(rows, outputs) >= multiprocessors / 2) ? Middle : Narrow;
    }

    /// <param name="SharedBytes">What the pipeline of its inputs takes.</param>
    private sealed record Tile(string Name, int Rows, int Columns, int Threads, int SharedBytes)
    {
        public (int X, int Y, int Z) Grid(int rows, int columns) => (Tiles(columns, Columns), Tiles(rows, Rows), 1);

        public int Count(int rows, int columns) => Tiles(rows, Rows) * Tiles(columns, Columns);

        private static int Tiles(int count, int size) => (count + size - 1) / size;
    }
}
