using CoDe.Engine.Compute.Cpu.Kernels;
using CoDe.Engine.Compute.Cpu.Simd;
using CoDe.Engine.Compute.Memory;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>Every operator of the seam, sent to its kernel for one instruction path and weight type.</summary>
internal sealed unsafe class CpuBackend<V, TPanel>(int threads, string arithmetic) : IBackend
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

    public ElementType ActivationType => ElementType.Float32;

    public ElementType MapType => ElementType.Float32;

    public IMemoryPlan? Plan() => null;

    public DeviceFault FaultOf(Exception failure)
        => failure is OutOfMemoryException ? DeviceFault.OutOfMemory : DeviceFault.None;

    public Arena CreateArena() => new OwnedArena(_scratch.Memory);

    public Arena CreateScratch() => new ScratchArena(_scratch);

    public KeyValueCache CreateCache(
        Arena arena, int layers, int sequences, int positions, int heads, int headWidth, ElementType type)
        => new CpuCache(arena, layers, sequences, positions, heads, headWidth, 2 * V.Count);

    public DrawTable CreateDraws(Arena arena, int images) => new CpuDraws(images);

    public LinearWeights PackLinear(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ElementType? read = null)
    {
        var inputs = checked((int)(weight.Count / weight.Shape[0]));
        var matrix = PackedMatrix.Pack<V, TPanel>(
            _team, arena, bias.Length, inputs, bias,
            (row, destination) => weight.Read((long)row * inputs, destination));
        return new CpuLinear(matrix, bias.Length, inputs);
    }

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
    {
        var (outputs, inputs, kernel) = (weight.Shape[0], weight.Shape[1], weight.Shape[2]);
        var form = ConvolutionKernel.FormOf(outputs, inputs, kernel, walk);
        var (taps, packedTaps) = (kernel * kernel, ConvolutionKernel.PackedTaps(form, kernel));
        var matrix = PackedMatrix.Pack<V, Float32Panel<V>>(
            _team, arena, outputs, inputs * packedTaps, IdentityBlend.OfBias(bias, blend), (row, destination) =>
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
        });
        return new CpuConvolution(matrix, outputs, inputs, kernel, walk, form);
    }

    public AttentionScale PackScale(Arena arena, ReadOnlySpan<float> scales, int headWidth, bool normalize)
    {
        var packed = arena.Allocate(1, scales.Length);
        Upload(packed, scales);
        return new CpuScale(packed, normalize);
    }

    public void StoreTable(Tensor table, Tensor x)
    {
        if (table.Type == ElementType.Float32)
        {
            Copy(table, x);
        }
        else
        {
            Tables.Round(_team, table, x);
        }
    }

    public void Upload(Tensor y, ReadOnlySpan<float> values) => CpuTransfer.Upload<float>(y, values);

    public void Upload(Tensor y, ReadOnlySpan<int> values) => CpuTransfer.Upload<int>(y, values);

    public void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws) => draws.CopyTo(((CpuDraws)table).Draws);

    public void Download(Span<float> values, Tensor x) => CpuTransfer.Download<float>(values, x);

    public void Download(Span<int> values, Tensor x) => CpuTransfer.Download<int>(values, x);

    public void Download(Span<byte> values, Tensor x) => CpuTransfer.Download<byte>(values, x);

    public void Synchronize()
    {
    }

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => Linear<V>.Run<TPanel, Assign<V>>(_team, y, x, Matrix(weights), default);

    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
        => Linear<V>.Run<TPanel, Gelu<V>>(_team, y, x, Matrix(weights), default);

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
        => Linear<V>.Run<TPanel, GatedResidual<V>>(_team, y, x, Matrix(weights), new(gate, rowsPerSequence));

    public void LayerNorm(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence)
        => Rows.Run(_team, y, new LayerNorm<V>(x, gain, shift, rowsPerSequence));

    public void Silu(Tensor y, Tensor x) => Rows.Run(_team, y, new Silu<V>(x));

    public void AddRows(Tensor y, Tensor x, Tensor addend) => Rows.Run(_team, y, new AddRows<V>(x, addend));

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
        var width = queriesKeysValues.Columns / 3;
        StoreKeysValues<V>.Run(
            _team, (CpuCache)cache, layer, queriesKeysValues.ColumnRange(width, 2 * width),
            first, rowsPerSequence, scale.Normalize);
    }

    public void Attention(
        Tensor y, Tensor queriesKeysValues, KeyValueCache cache, int layer,
        AttentionScale scale, int first, ReadOnlySpan<int> ends)
    {
        StoreKeysValues(queriesKeysValues, cache, layer, scale, first, ends[^1] - first);
        Attention<V>.Run(
            _team, y, queriesKeysValues.ColumnRange(0, queriesKeysValues.Columns / 3), (CpuCache)cache, layer,
            ((CpuScale)scale).Scales, scale.Normalize, first, ends);
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

    public void Copy(Tensor y, Tensor x) => Rows.Run(_team, y, new Copy(x));

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

    private static PackedMatrix Matrix(LinearWeights weights) => ((CpuLinear)weights).Matrix;

    private void Convolve<TEpilogue>(
        Tensor y, Tensor x, CpuConvolution weights, int height, int width, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        if (weights.Form == ConvolutionForm.Winograd)
        {
            Winograd<V>.Run(_team, y, x, weights.Matrix, height, width, epilogue);
        }
        else
        {
            Convolution<V>.Run(_team, y, x, weights.Matrix, weights.Kernel, height, width, weights.Walk, epilogue);
        }
    }

    private sealed class CpuDraws(int images) : DrawTable(images)
    {
        public TokenDraw[] Draws { get; } = new TokenDraw[images];
    }

    private sealed class CpuScale(Tensor scales, bool normalize) : AttentionScale(normalize)
    {
        /// <summary>(1, heads)</summary>
        public Tensor Scales => scales;
    }

    private sealed class CpuLinear(PackedMatrix matrix, int outputs, int inputs) : LinearWeights(outputs, inputs)
    {
        public PackedMatrix Matrix => matrix;
    }

    private sealed class CpuConvolution(
        PackedMatrix matrix, int outputs, int inputs, int kernel, ConvolutionWalk walk, ConvolutionForm form)
        : ConvolutionWeights(outputs, inputs, kernel, walk)
    {
        public ConvolutionForm Form => form;

        public PackedMatrix Matrix => matrix;
    }
}
