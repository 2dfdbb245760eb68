using CoDe.Engine.Compute.Memory;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Memory that the torch back end would take. Operators count the temporaries that libtorch's make.</summary>
/// <param name="type">Type of weights and activations.</param>
/// <param name="maps">Type of the maps of the VQVAE.</param>
/// <param name="scratch">Scratch over planned memory, with the blocks that exist already.</param>
/// <param name="freeBytes">Bytes that the device has left.</param>
/// <param name="libraries">Bytes that the libraries take for themselves: kernels, workspaces.</param>
internal sealed class TorchPlan(
    ElementType type, ElementType maps, ScratchBlocks scratch, long freeBytes, long libraries) : IMemoryPlan
{
    /// <summary>Part of the peak that rounding and gaps of the allocator may cost: 1 / 16.</summary>
    private const int Slack = 16;

    private readonly MemoryTally _tally = ((PlannedMemory)scratch.Memory).Tally;
    private readonly long _before = ((PlannedMemory)scratch.Memory).Tally.Taken;

    public string Description => "a plan";

    public string Arithmetic => "none";

    public bool BitsDependOnBatch => true;

    public DeviceMemory? Memory => null;

    public ElementType TableType => type;

    public ElementType ActivationType => type;

    public ElementType MapType => maps;

    public long FreeBytes => freeBytes;

    public long PeakBytes => ((_tally.Peak - _before) * (Slack + 1) / Slack) + libraries;

    /// <summary>Bytes of blocks that would be taken now.</summary>
    public long TakenBytes => _tally.Taken - _before;

    public IMemoryPlan? Plan() => null;

    public DeviceFault FaultOf(Exception failure) => DeviceFault.None;

    public Arena CreateArena() => new OwnedArena(scratch.Memory);

    public Arena CreateScratch() => new ScratchArena(scratch);

    public KeyValueCache CreateCache(
        Arena arena, int layers, int sequences, int positions, int kept, int heads, int headWidth, ElementType type)
        => new TorchCache(arena, layers, sequences, positions, heads, headWidth, type);

    public DrawTable CreateDraws(Arena arena, int images)
    {
        arena.Allocate(2 * images, 1);
        return new Draws(images);
    }

    public LinearWeights PackLinear(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ElementType? read = null)
    {
        var packed = arena.Allocate(bias.Length, checked((int)(weight.Count / bias.Length)), read ?? type);
        return new TorchLinear(packed, arena.Allocate(1, bias.Length, read ?? type));
    }

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        var (outputs, inputs, kernel) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var packed = arena.Allocate(outputs, kernel * kernel * inputs, read ?? maps);
        return new TorchConvolution(packed, arena.Allocate(1, outputs, read ?? maps), inputs, kernel, walk);
    }

    public AttentionScale PackScale(Arena arena, ReadOnlySpan<float> scales, int headWidth, bool normalize)
        => new TorchScale(arena.Allocate(2 * scales.Length, 1), headWidth, normalize);

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

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence) => Pass(y, 1, x.Type);

    /// <summary>The product and its activation.</summary>
    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence) => Pass(y, 2, x.Type);

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
        => Pass(y, 1, x.Type);

    /// <summary>The norm and its scaled copy.</summary>
    public void LayerNorm(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence) => Pass(x, 2, x.Type);

    public void Silu(Tensor y, Tensor x) => Pass(x, 1, x.Type);

    public void AddRows(Tensor y, Tensor x, Tensor addend) => Pass(y, 1, x.Type);

    public void Gather(Tensor y, Tensor table, Tensor indices) => Pass(y, 1, table.Type);

    /// <summary>Keys in float32, of which the norms are taken.</summary>
    public void StoreKeysValues(
        Tensor queriesKeysValues, KeyValueCache cache, int layer, AttentionScale scale, int first, int rowsPerSequence)
        => Pass(queriesKeysValues.ColumnRange(0, queriesKeysValues.Columns / 3), 1, ElementType.Float32);

    /// <summary>
    /// Queries and keys in float32, of which the norms are taken; then scores, their softmax and the result, or of
    /// fused attention the result.
    /// </summary>
    public void Attention(
        Tensor y, Tensor queriesKeysValues, KeyValueCache cache, int layer,
        AttentionScale scale, int first, ReadOnlySpan<int> ends)
    {
        Pass(y, 2, ElementType.Float32);
        var scores = (long)y.Rows * cache.Heads * ends[^1] * sizeof(float);
        _tally.Pass((y.Type == ElementType.Float32 ? 2 * scores : 0) + Bytes(y, y.Type));
    }

    public void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition)
    {
    }

    public void MixCodes(
        Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition)
    {
    }

    public void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide) => Pass(y, 1, y.Type);

    public void ResizeArea(Tensor y, Tensor x, int finalSide, int side) => Pass(y, 1, y.Type);

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook)
    {
    }

    public void AddConstant(Tensor y, float value)
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

    /// <summary>The input with its border or enlarged, where the walk has either, and the result.</summary>
    public void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
    {
        var input = weights.Walk switch
        {
            ConvolutionWalk.HalveSize => Bytes(x, x.Type),
            ConvolutionWalk.DoubleSize => 4 * Bytes(x, x.Type),
            _ => 0,
        };
        _tally.Pass(input + Bytes(y, x.Type));
    }

    /// <summary>Values cut off, then in float32 twice.</summary>
    public void ToBytes(Tensor y, Tensor x) => Pass(x, 3, ElementType.Float32);

    public void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => Convolution(y, x, weights, height, width);

    /// <summary>The norm, and on a GPU the input with its channels apart.</summary>
    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu) => Pass(x, 2, x.Type);

    public void Dispose()
    {
    }

    private static long Bytes(Tensor shape, ElementType of) => (long)shape.Rows * shape.Columns * of.Size();

    private void Pass(Tensor shape, int copies, ElementType of) => _tally.Pass(copies * Bytes(shape, of));

    private sealed class Draws(int images) : DrawTable(images);
}
