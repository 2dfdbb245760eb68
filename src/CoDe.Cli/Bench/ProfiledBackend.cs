using CoDe.Engine.Compute;

namespace CoDe.Cli.Bench;

/// <summary>
/// Times every operator of another back end. Operations and bytes of an operator are counted from its shapes.
/// </summary>
/// <param name="weightBytes">Bytes of a packed weight.</param>
internal sealed class ProfiledBackend(IBackend inner, int weightBytes) : IBackend
{
    private readonly OperatorProfile _profile = new(inner.Synchronize);

    public string Description => inner.Description;

    public string Arithmetic => inner.Arithmetic;

    public bool BitsDependOnBatch => inner.BitsDependOnBatch;

    public DeviceMemory? Memory => inner.Memory;

    public ElementType TableType => inner.TableType;

    public ElementType ActivationType => inner.ActivationType;

    public ElementType MapType => inner.MapType;

    /// <summary>Forgets what was timed.</summary>
    public void Clear() => _profile.Clear();

    /// <summary>A table, of one run where it was done so often.</summary>
    public string Table(int runs) => _profile.Table(runs);

    public IMemoryPlan? Plan() => inner.Plan();

    public DeviceFault FaultOf(Exception failure) => inner.FaultOf(failure);

    public Arena CreateArena() => inner.CreateArena();

    public Arena CreateScratch() => inner.CreateScratch();

    public KeyValueCache CreateCache(
        Arena arena, int layers, int sequences, int positions, int kept, int heads, int headWidth, ElementType type)
        => inner.CreateCache(arena, layers, sequences, positions, kept, heads, headWidth, type);

    public DrawTable CreateDraws(Arena arena, int images) => inner.CreateDraws(arena, images);

    public LinearWeights PackLinear(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias, ElementType? read = null)
        => inner.PackLinear(arena, weight, bias, read);

    public ConvolutionWeights PackConvolution(
        Arena arena, WeightSource weight, ReadOnlySpan<float> bias,
        ConvolutionWalk walk = ConvolutionWalk.Same, float blend = 1, ElementType? read = null)
        => inner.PackConvolution(arena, weight, bias, walk, blend, read);

    public AttentionScale PackScale(Arena arena, ReadOnlySpan<float> scales, int headWidth, bool normalize)
        => inner.PackScale(arena, scales, headWidth, normalize);

    public void Upload(Tensor y, ReadOnlySpan<float> values)
    {
        using var timed = Rows("upload", y);
        inner.Upload(y, values);
    }

    public void Upload(Tensor y, ReadOnlySpan<int> values)
    {
        using var timed = Rows("upload", y);
        inner.Upload(y, values);
    }

    public void Upload(DrawTable table, ReadOnlySpan<TokenDraw> draws) => inner.Upload(table, draws);

    public void Download(Span<float> values, Tensor x)
    {
        using var timed = Rows("download", x);
        inner.Download(values, x);
    }

    public void Download(Span<int> values, Tensor x)
    {
        using var timed = Rows("download", x);
        inner.Download(values, x);
    }

    public void Download(Span<byte> values, Tensor x)
    {
        using var timed = Rows("download", x);
        inner.Download(values, x);
    }

    public void Synchronize() => inner.Synchronize();

    public void Linear(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
    {
        using var timed = Product("linear", y, x, weights);
        inner.Linear(y, x, weights, rowsPerSequence);
    }

    public void LinearGelu(Tensor y, Tensor x, LinearWeights weights, int rowsPerSequence)
    {
        using var timed = Product("linear, GELU", y, x, weights);
        inner.LinearGelu(y, x, weights, rowsPerSequence);
    }

    public void LinearGatedResidual(Tensor y, Tensor x, LinearWeights weights, Tensor gate, int rowsPerSequence)
    {
        using var timed = Product("linear, gated", y, x, weights);
        inner.LinearGatedResidual(y, x, weights, gate, rowsPerSequence);
    }

    public void LayerNorm(Tensor y, Tensor x, Tensor gain, Tensor shift, int rowsPerSequence)
    {
        using var timed = Rows("layer norm", y, x);
        inner.LayerNorm(y, x, gain, shift, rowsPerSequence);
    }

    public void Silu(Tensor y, Tensor x)
    {
        using var timed = Rows("SiLU", y, x);
        inner.Silu(y, x);
    }

    public void AddRows(Tensor y, Tensor x, Tensor addend)
    {
        using var timed = Rows("add rows", y, x);
        inner.AddRows(y, x, addend);
    }

    public void Gather(Tensor y, Tensor table, Tensor indices)
    {
        using var timed = Rows("gather", y, y);
        inner.Gather(y, table, indices);
    }

    public void StoreKeysValues(
        Tensor queriesKeysValues, KeyValueCache cache, int layer, AttentionScale scale, int first, int rowsPerSequence)
    {
        using var timed = Rows("store keys and values", queriesKeysValues);
        inner.StoreKeysValues(queriesKeysValues, cache, layer, scale, first, rowsPerSequence);
    }

    public void Attention(
        Tensor y, Tensor queriesKeysValues, KeyValueCache cache, int layer,
        AttentionScale scale, int first, ReadOnlySpan<int> ends)
    {
        var (pairs, start) = (0L, first);
        foreach (var end in ends)
        {
            pairs += (long)(end - start) * end;
            start = end;
        }

        var sequences = y.Rows / (ends[^1] - first);
        using var timed = _profile.Time(
            "attention", $"{sequences} x {ends[^1] - first} on {ends[^1]}", 4.0 * sequences * pairs * y.Columns,
            y.Type.Size() * ((4.0 * y.Rows) + (2 * sequences * ends[^1])) * y.Columns);
        inner.Attention(y, queriesKeysValues, cache, layer, scale, first, ends);
    }

    public void DrawTokens(Tensor tokens, Tensor logits, DrawTable draws, int firstPosition)
    {
        using var timed = Rows("draw tokens", logits);
        inner.DrawTokens(tokens, logits, draws, firstPosition);
    }

    public void MixCodes(
        Tensor y, Tensor logits, Tensor codebook, DrawTable draws, int tokens, CodeMixture mixture, int firstPosition)
    {
        using var timed = Rows("mix codes", logits);
        inner.MixCodes(y, logits, codebook, draws, tokens, mixture, firstPosition);
    }

    public void ResizeBicubic(Tensor y, Tensor x, int side, int finalSide)
    {
        using var timed = Rows("resize bicubic", y, x);
        inner.ResizeBicubic(y, x, side, finalSide);
    }

    public void ResizeArea(Tensor y, Tensor x, int finalSide, int side)
    {
        using var timed = Rows("resize area", y, x);
        inner.ResizeArea(y, x, finalSide, side);
    }

    public void NearestCode(Tensor tokens, Tensor x, Tensor codebook)
    {
        using var timed = _profile.Time(
            "nearest code", $"{x.Rows} x {x.Columns} of {codebook.Rows}",
            2.0 * x.Rows * x.Columns * codebook.Rows, Bytes(x) + Bytes(codebook));
        inner.NearestCode(tokens, x, codebook);
    }

    public void AddConstant(Tensor y, float value)
    {
        using var timed = Rows("add constant", y);
        inner.AddConstant(y, value);
    }

    public void AddScaled(Tensor y, Tensor x, float scale)
    {
        using var timed = Rows("add scaled", y, x);
        inner.AddScaled(y, x, scale);
    }

    public void BlendKept(Tensor y, Tensor x, Tensor keep)
    {
        using var timed = Rows("blend kept", y, x);
        inner.BlendKept(y, x, keep);
    }

    public void Copy(Tensor y, Tensor x)
    {
        using var timed = Rows("copy", y, x);
        inner.Copy(y, x);
    }

    public void Clear(Tensor y)
    {
        using var timed = Rows("clear", y);
        inner.Clear(y);
    }

    public void Convolution(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
    {
        using var timed = TimeConvolution(y, x, weights, height, width);
        inner.Convolution(y, x, weights, height, width);
    }

    public void ConvolutionAdd(Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
    {
        using var timed = TimeConvolution(y, x, weights, height, width);
        inner.ConvolutionAdd(y, x, weights, height, width);
    }

    public void ToBytes(Tensor y, Tensor x)
    {
        using var timed = Rows("to bytes", x, y);
        inner.ToBytes(y, x);
    }

    public void GroupNorm(Tensor y, Tensor x, Tensor gain, Tensor bias, int images, bool silu)
    {
        using var timed = Rows("group norm", y, x);
        inner.GroupNorm(y, x, gain, bias, images, silu);
    }

    /// <summary>The other back end is its owner's.</summary>
    public void Dispose()
    {
    }

    private static double Bytes(Tensor x) => (double)x.Rows * x.Columns * x.Type.Size();

    private OperatorProfile.Timing Rows(string name, params ReadOnlySpan<Tensor> moved)
    {
        var bytes = 0.0;
        foreach (var tensor in moved)
        {
            bytes += Bytes(tensor);
        }

        return _profile.Time(name, $"{moved[0].Rows} x {moved[0].Columns}", 0, bytes);
    }

    private OperatorProfile.Timing Product(string name, Tensor y, Tensor x, LinearWeights weights) => _profile.Time(
        name, $"{x.Rows} x {weights.Inputs} x {weights.Outputs}", 2.0 * x.Rows * weights.Inputs * weights.Outputs,
        ((double)weights.Inputs * weights.Outputs * weightBytes) + Bytes(x) + Bytes(y));

    private OperatorProfile.Timing TimeConvolution(
        Tensor y, Tensor x, ConvolutionWeights weights, int height, int width)
    {
        var perOutput = (double)weights.Inputs * weights.Kernel * weights.Kernel;
        var walk = weights.Walk == ConvolutionWalk.Same ? "" : $", {weights.Walk}";
        return _profile.Time(
            $"convolution {weights.Kernel} x {weights.Kernel}{walk}",
            $"{height} x {width} x {weights.Inputs} to {weights.Outputs}",
            2 * perOutput * y.Rows * weights.Outputs,
            (perOutput * weights.Outputs * x.Type.Size()) + Bytes(x) + Bytes(y));
    }
}
