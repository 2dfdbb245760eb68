using CoDe.Engine.Compute.Cpu.Kernels;
using CoDe.Engine.Compute.Cpu.Kernels.Assembled;
using CoDe.Engine.Compute.Cpu.Simd;
using CoDe.Engine.Compute.Memory;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>Every operator of the seam, sent to its kernel for one instruction path and precision.</summary>
/// <param name="tile">Products of bfloat16, whose width is that of V; null where activations are float32.</param>
internal sealed unsafe class CpuBackend<V, TPanel>(int threads, string arithmetic, BFloat16Tile? tile) : IBackend
    where V : unmanaged, ISimd<V>
    where TPanel : unmanaged, IPanel<V>
{
    private readonly ThreadTeam _team = new(threads);
    private readonly WorkerScratch _shared = new();
    private readonly ScratchBlocks _scratch = new(new CpuMemory());

    public string Description => FormattableString.Invariant($"{arithmetic}, {_team.Count} threads");

    public string Arithmetic => arithmetic;

    public bool BitsDependOnBatch => false;

    public DeviceMemory? Memory => null;

    public ElementType TableType => TPanel.Type;

    public ElementType ActivationType => tile is null ? ElementType.Float32 : ElementType.BFloat16;

    public ElementType MapType => ElementType.Float32;

    public IMemoryPlan? Plan() => null;

    public DeviceFault FaultOf(Exception failure)
        => failure is OutOfMemoryException ? DeviceFault.OutOfMemory : DeviceFault.None;

    public Arena CreateArena() => new OwnedArena(_scratch.Memory);

    public Arena CreateScratch() => new ScratchArena(_scratch);

    public KeyValueCache CreateCache(
        Arena arena, int layers, int sequences, int positions, int kept, int heads, int headWidth, ElementType type)
        => new CpuCache(
            arena, layers, sequences, positions, kept, heads, Even(headWidth, type), type, 2 * V.Count);

    public DrawTable CreateDraws(Arena arena, int images) => new CpuDraws(images);

    public LinearWeights PackLinear(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ElementType? read = null)
    {
        var inputs = checked((int)(weight.Count / weight.Shape[0]));
        var type = read ?? ActivationType;
        var matrix = type == ElementType.BFloat16
            ? PackedMatrix.Pack<PairPanel>(_team, arena, bias.Length, Even(inputs, type), bias, ReadRow)
            : PackedMatrix.Pack<TPanel>(_team, arena, bias.Length, inputs, bias, ReadRow);
        return new CpuLinear(matrix, bias.Length, inputs, type);

        void ReadRow(int row, Span<float> destination) => weight.Read((long)row * inputs, destination);
    }

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        var (outputs, inputs, kernel) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var form = ConvolutionKernel.FormOf(outputs, inputs, kernel, walk);
        var (taps, packedTaps) = (kernel * kernel, ConvolutionKernel.PackedTaps(form, kernel));

        // Transformed maps and weights are too far apart in size for bfloat16: an image has 35 dB instead of 50.
        var isRounded = tile is not null && read is null && inputs % 2 == 0 && form != ConvolutionForm.Winograd;
        var blended = IdentityBlend.OfBias(bias, blend);
        var matrix = isRounded
            ? PackedMatrix.Pack<PairPanel>(_team, arena, outputs, inputs * packedTaps, blended, ReadRow)
            : PackedMatrix.Pack<Float32Panel<V>>(_team, arena, outputs, inputs * packedTaps, blended, ReadRow);
        return new CpuConvolution(matrix, outputs, inputs, kernel, walk, form, isRounded);

        void ReadRow(int row, Span<float> destination)
        {
            var stored = new float[inputs * taps];
            Span<float> packed = stackalloc float[packedTaps];
            weight.Read((long)row * stored.Length, stored);
            for (var input = 0; input < inputs; input++)
            {
                IdentityBlend.OfKernel(stored.AsSpan(input * taps, taps), blend, input == row);
                ConvolutionKernel.Pack(form, stored.AsSpan(input * taps, taps), packed);
                for (var tap = 0; tap < packedTaps; tap++)
                {
                    destination[(tap * inputs) + input] = packed[tap];
                }
            }
        }
    }

    public AttentionScale PackScale(Arena arena, ReadOnlySpan<float> scales, int headWidth, bool normalize)
    {
        var packed = arena.Allocate(1, scales.Length);
        Upload(packed, scales);
        return new CpuScale(packed, normalize);
    }

    public void Upload(Tensor y, ReadOnlySpan<float> values) => CpuTransfer.Upload(y, values);

    public void Upload(Tensor y, ReadOnlySpan<int> values) => CpuTransfer.Upload<int>(y, values);

    public void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws) => draws.CopyTo(((CpuDraws)table).Draws);

    public void Download(Span<float> values, Tensor x) => CpuTransfer.Download(values, x);

    public void Download(Span<int> values, Tensor x) => CpuTransfer.Download<int>(values, x);

    public void Download(Span<byte> values, Tensor x) => CpuTransfer.Download<byte>(values, x);

    public void Synchronize()
    {
    }

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => Multiply(y, x, weights, default(Assign<V>));

    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => Multiply(y, x, weights, default(Gelu<V>));

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
        => Multiply(y, x, weights, new GatedResidual<V>(gate, rowsPerSequence));

    public void LayerNorm(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence)
        => Write(y, new LayerNorm<V>(x, gain, shift, rowsPerSequence));

    public void Silu(Tensor y, Tensor x) => Write(y, new Silu<V>(x));

    public void AddRows(Tensor y, Tensor x, Tensor addend) => Write(y, new AddRows<V>(x, addend));

    public void Gather(Tensor y, Tensor table, Tensor indices)
    {
        if (table.Type == ElementType.Float32)
        {
            Rows.Run(_team, y, new Gather(table, indices));
        }
        else
        {
            Rows.Run(_team, y, new GatherExpanded(table, indices));
        }
    }

    public void StoreKeysValues(
        Tensor queriesKeysValues, KeyValueCache cache, int layer, AttentionScale scale, int first, int rowsPerSequence)
    {
        var (ofCpu, width) = ((CpuCache)cache, queriesKeysValues.Columns / 3);
        var keysValues = queriesKeysValues.ColumnRange(width, 2 * width);
        if (ofCpu.Type == ElementType.BFloat16)
        {
            BFloat16KeysValues.Store(_team, ofCpu, layer, keysValues, first, rowsPerSequence, scale.Normalize);
        }
        else
        {
            StoreKeysValues<V>.Run(_team, ofCpu, layer, keysValues, first, rowsPerSequence, scale.Normalize);
        }
    }

    public void Attention(
        Tensor y, Tensor queriesKeysValues, KeyValueCache cache, int layer,
        AttentionScale scale, int first, ReadOnlySpan<int> ends)
    {
        StoreKeysValues(queriesKeysValues, cache, layer, scale, first, ends[^1] - first);
        var (ofCpu, scales) = ((CpuCache)cache, ((CpuScale)scale).Scales);
        var queries = queriesKeysValues.ColumnRange(0, queriesKeysValues.Columns / 3);
        if (ofCpu.Type == ElementType.BFloat16)
        {
            var attention = new BFloat16AttentionTile(tile!, y, queries, ofCpu, layer, scales, scale.Normalize);
            Kernels.Attention.Run(_team, attention, y.Rows, cache.Heads, first, ends);
        }
        else
        {
            var attention = new AttentionTile<V>(y, queries, ofCpu, layer, scales, scale.Normalize);
            Kernels.Attention.Run(_team, attention, y.Rows, cache.Heads, first, ends);
        }
    }

    public void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition)
        => DrawTokens<V>.Run(_team, tokens, logits, ((CpuDraws)draws).Draws, firstPosition);

    public void MixCodes(
        Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition)
        => MixCodes<V>.Run(_team, y, logits, codebook, ((CpuDraws)draws).Draws, tokens, mixture, firstPosition);

    public void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide)
        => Rows.Run(_team, y, new ResizeBicubic<V>(x, side, finalSide));

    public void ResizeArea(Tensor y, Tensor x, int finalSide, int side)
        => Rows.Run(_team, y, new ResizeArea<V>(x, finalSide, side));

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook) => NearestCode<V>.Run(_team, tokens, x, codebook);

    public void AddConstant(Tensor y, float value) => Rows.Run(_team, y, new AddConstant<V>(value));

    public void AddScaled(Tensor y, Tensor x, float scale) => Rows.Run(_team, y, new AddScaled<V>(x, scale));

    public void BlendKept(Tensor y, Tensor x, Tensor keep) => Rows.Run(_team, y, new BlendKept<V>(x, keep));

    public void Copy(Tensor y, Tensor x) => Write(y, new Copy(x));

    public void Clear(Tensor y) => Rows.Run(_team, y, default(Clear));

    public void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => Convolve(y, x, (CpuConvolution)weights, height, width, default(Assign<V>));

    public void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
        => Convolve(y, x, (CpuConvolution)weights, height, width, default(Accumulate<V>));

    public void ToBytes(Tensor y, Tensor x) => Rows.Run(_team, x, new ToBytes(y));

    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu)
        => GroupNorm<V>.Run(_team, _shared, y, x, gain, bias, images, silu);

    public void Dispose()
    {
        _team.Dispose();
        _shared.Dispose();
    }

    /// <exception cref="NotSupportedException">Numbers in bfloat16 lie in pairs, and the count is odd.</exception>
    private static int Even(int count, ElementType type)
        => type == ElementType.BFloat16 && count % 2 != 0
            ? throw new NotSupportedException(
                $"Precision bf16 needs layers and heads of an even number of channels; one has {count}.")
            : count;

    /// <summary>Runs an operator that does not read y, whose rows may be bfloat16.</summary>
    private void Write<TOperator>(Tensor y, TOperator rowOperator)
        where TOperator : struct, IRowOperator
    {
        if (y.Type == ElementType.BFloat16)
        {
            Rows.RunRounded(_team, y, rowOperator);
        }
        else
        {
            Rows.Run(_team, y, rowOperator);
        }
    }

    private void Multiply<TEpilogue>(Tensor y, Tensor x, LinearWeights weights, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var linear = (CpuLinear)weights;
        if (linear.Read == ElementType.BFloat16)
        {
            Linear<V>.Run(_team, y, x, linear.Matrix, new BFloat16LinearTile(tile!), epilogue);
        }
        else
        {
            Linear<V>.Run(_team, y, x, linear.Matrix, default(Float32LinearTile<V, TPanel>), epilogue);
        }
    }

    private void Convolve<TEpilogue>(
        Tensor y, Tensor x, CpuConvolution weights, int height, int width, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        if (weights.Form == ConvolutionForm.Winograd)
        {
            Winograd<V>.Run(_team, y, x, weights.Matrix, height, width, epilogue);
        }
        else if (weights.IsRounded)
        {
            ConvolveByTaps(y, x, weights, height, width, new BFloat16MapTile(tile!), epilogue);
        }
        else
        {
            ConvolveByTaps(y, x, weights, height, width, default(Float32MapTile<V>), epilogue);
        }
    }

    private void ConvolveByTaps<TTile, TEpilogue>(
        Tensor y, Tensor x, CpuConvolution weights, int height, int width, TTile product, TEpilogue epilogue)
        where TTile : struct, IMapTile
        where TEpilogue : unmanaged, IEpilogue<V>
        => Convolution<V>.Run(
            _team, y, x, weights.Matrix, weights.Kernel, height, width, weights.Walk, product, epilogue);

    private sealed class CpuDraws(int images) : DrawTable(images)
    {
        public TokenDraw[] Draws { get; } = new TokenDraw[images];
    }

    private sealed class CpuScale(Tensor scales, bool normalize) : AttentionScale(normalize)
    {
        /// <summary>(1, heads)</summary>
        public Tensor Scales => scales;
    }

    private sealed class CpuLinear(PackedMatrix matrix, int outputs, int inputs, ElementType read)
        : LinearWeights(outputs, inputs)
    {
        /// <summary>Type of the layer's input.</summary>
        public ElementType Read => read;

        public PackedMatrix Matrix => matrix;
    }

    private sealed class CpuConvolution(
        PackedMatrix matrix, int outputs, int inputs, int kernel, ConvolutionWalk walk, ConvolutionForm form,
        bool isRounded)
        : ConvolutionWeights(outputs, inputs, kernel, walk)
    {
        /// <summary>Gets whether weights are bfloat16, to which maps are rounded as they are read.</summary>
        public bool IsRounded => isRounded;

        public ConvolutionForm Form => form;

        public PackedMatrix Matrix => matrix;
    }
}
