using CoDe.Compute.Memory;

namespace CoDe.Compute.Cuda;

/// <summary>What the CUDA back end would take of a device's memory.</summary>
/// <param name="scratch">Bytes of the blocks of scratch that the device has already.</param>
internal sealed class CudaPlan(ElementType weights, long freeBytes, IEnumerable<long> scratch) : IMemoryPlan
{
    private readonly ScratchBlocks _scratch = new(new PlannedMemory(), scratch);

    public string Description => "a plan";

    public string Arithmetic => "none";

    public long PeakBytes => ((PlannedMemory)_scratch.Memory).PeakBytes;

    public DeviceMemory? Memory => null;

    public long FreeBytes => freeBytes;

    public ElementType TableType => weights;

    public ElementType ActivationType => weights;

    public ElementType MapType => CudaMemory.MapType(weights);

    public Arena CreateArena() => new OwnedArena(_scratch.Memory);

    public Arena CreateScratch() => new ScratchArena(_scratch);

    public KeyValueCache CreateCache(Arena arena, int layers, int sequences, int positions, int heads, int headWidth, ElementType type)
        => new CudaCache(arena, layers, sequences, positions, heads, headWidth, type);

    public DrawTable CreateDraws(Arena arena, int images) => new CudaDraws(arena, images);

    public Recording? Record(Action work) => null;

    public IMemoryPlan? Plan() => null;

    public LinearWeights PackLinear(Arena arena, WeightSource weight, ReadOnlySpan<float> bias, int firstRow = 0, ElementType? read = null)
    {
        var (matrix, added) = (arena.AllocateRows(bias.Length, checked((int)(weight.Count / weight.Shape[0])), read ?? weights), arena.Allocate(1, bias.Length));
        return new CudaLinear(weight.Name, matrix, added, narrowBias: null);
    }

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        var (outputs, inputs, kernel) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        return new CudaConvolution(arena.AllocateRows(outputs, inputs * kernel * kernel, read ?? MapType), arena.Allocate(1, outputs), inputs, kernel, walk);
    }

    public void StoreTable(Tensor table, Tensor x)
    {
    }

    public void Upload(Tensor y, ReadOnlySpan<float> values)
    {
    }

    public void Upload(Tensor y, ReadOnlySpan<int> values)
    {
    }

    public void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws)
    {
    }

    public void Download(Span<float> values, Tensor x) => values.Clear();

    public void Download(Span<int> values, Tensor x) => values.Clear();

    public void Download(Span<byte> values, Tensor x) => values.Clear();

    public void Synchronize()
    {
    }

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
    {
    }

    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
    {
    }

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
    {
    }

    public void LayerNorm(Tensor y, Tensor x, Tensor scale, Tensor shift, int rowsPerSequence)
    {
    }

    public void Silu(Tensor y, Tensor x)
    {
    }

    public void AddRows(Tensor y, Tensor x, Tensor addend)
    {
    }

    public void Gather(Tensor y, Tensor table, Tensor indices)
    {
    }

    public void StoreKeysValues(KeyValueCache cache, int layer, Tensor keysValues, int first, int rowsPerSequence, bool normalize)
    {
    }

    public void Attention(Tensor y, Tensor queries, KeyValueCache cache, int layer, Tensor scale, bool normalize, int first, ReadOnlySpan<int> ends)
    {
    }

    public void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition)
    {
    }

    public void MixCodes(Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition)
    {
    }

    public void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide)
    {
    }

    public void ResizeArea(Tensor y, Tensor x, int finalSide, int side)
    {
    }

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook)
    {
    }

    public void AddScaled(Tensor y, Tensor x, float scale)
    {
    }

    public void BlendKept(Tensor y, Tensor x, Tensor keep)
    {
    }

    public void Copy(Tensor y, Tensor x)
    {
    }

    public void Clear(Tensor y)
    {
    }

    public void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
    {
    }

    public void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
    {
    }

    public void ToBytes(Tensor y, Tensor x)
    {
    }

    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu)
    {
    }

    public void Dispose()
    {
    }

    /// <summary>Counts. What it hands out has no address.</summary>
    private sealed class PlannedMemory : CudaMemory
    {
        public override MemoryBlock Allocate(long bytes)
        {
            Count(bytes);
            return new Block(this, bytes);
        }

        private sealed class Block(PlannedMemory memory, long bytes) : MemoryBlock(0, bytes)
        {
            protected override void Dispose(bool disposing) => memory.Count(-Bytes);
        }
    }
}
