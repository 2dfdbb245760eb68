using CoDe.Engine.Compute;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Vqvae;

/// <summary>Packs the layers of one network of a VQVAE by name.</summary>
/// <param name="maps">Float32 for a network that computes in it; null for the precision of the back end.</param>
internal sealed class LayerReader(
    IBackend backend, Arena arena, Checkpoint checkpoint, string within, ElementType? maps = null)
{
    public ConvolutionWeights Convolution(string name, ConvolutionWalk walk = ConvolutionWalk.Same)
        => checkpoint.ReadConvolution(backend, arena, within + name, walk, read: maps);

    /// <summary>phi of the quantizer.</summary>
    public ConvolutionWeights Residual(string name)
        => checkpoint.ReadConvolution(
            backend, arena, within + name, blend: VqvaeConfig.ResidualRatio, read: maps);

    public bool Has(string name) => checkpoint.Tensors.ContainsKey(within + name + ".weight");

    public Norm Norm(string name) => new(Table(name + ".weight"), Table(name + ".bias"));

    public Tensor Table(string name) => checkpoint.ReadTable(backend, arena, within + name);

    public ResnetBlock Resnet(string name) => new(
        Norm(name + ".norm1"), Convolution(name + ".conv1"), Norm(name + ".norm2"), Convolution(name + ".conv2"),
        Has(name + ".nin_shortcut") ? Convolution(name + ".nin_shortcut") : null);

    public AttentionBlock Attention(string name)
    {
        var queryKeyValue = Convolution(name + ".qkv");
        var scale = backend.PackScale(
            arena, [1 / MathF.Sqrt(queryKeyValue.Inputs)], queryKeyValue.Inputs, normalize: false);
        return new(Norm(name + ".norm"), queryKeyValue, Convolution(name + ".proj_out"), scale);
    }
}

/// <summary>Gain and bias of a group norm, (1, channels) each.</summary>
internal sealed record Norm(Tensor Gain, Tensor Bias);

/// <summary>
/// Computes x + conv2(silu(norm2(conv1(silu(norm1(x)))))); x passes a 1x1 convolution where the width changes.
/// </summary>
internal sealed record ResnetBlock(
    Norm Norm1, ConvolutionWeights Convolution1, Norm Norm2,
    ConvolutionWeights Convolution2, ConvolutionWeights? Shortcut)
{
    public static void Add(Manifest manifest, string name, int inputs, int outputs)
    {
        AddNorm(manifest, name + ".norm1", inputs);
        manifest.NeedLayer(name + ".conv1", outputs, inputs, 3, 3);
        AddNorm(manifest, name + ".norm2", outputs);
        manifest.NeedLayer(name + ".conv2", outputs, outputs, 3, 3);
        if (inputs != outputs)
        {
            manifest.NeedLayer(name + ".nin_shortcut", outputs, inputs, 1, 1);
        }
    }

    public static void AddNorm(Manifest manifest, string name, int channels)
        => manifest.Need(name + ".weight", channels).Need(name + ".bias", channels);
}

/// <summary>x + projection(softmax(q k^T / sqrt(channels)) v), one head over all pixels.</summary>
/// <param name="Scale">1 / sqrt(channels).</param>
internal sealed record AttentionBlock(
    Norm Norm, ConvolutionWeights QueryKeyValue, ConvolutionWeights Projection, AttentionScale Scale)
{
    public static void Add(Manifest manifest, string name, int channels)
    {
        ResnetBlock.AddNorm(manifest, name + ".norm", channels);
        manifest.NeedLayer(name + ".qkv", 3 * channels, channels, 1, 1)
            .NeedLayer(name + ".proj_out", channels, channels, 1, 1);
    }
}

/// <summary>The blocks at one resolution and what leads to the next.</summary>
/// <param name="Attention">One a block at the lowest resolution, else none.</param>
internal sealed record Level(
    IReadOnlyList<ResnetBlock> Blocks, IReadOnlyList<AttentionBlock> Attention, ConvolutionWeights? Resample)
{
    public static Level Read(LayerReader layers, string name, int blocks, string resample, ConvolutionWalk walk) => new(
        [.. Enumerable.Range(0, blocks)
            .Select(block => layers.Resnet(FormattableString.Invariant($"{name}.block.{block}")))],
        [.. Enumerable.Range(0, blocks).Select(block => FormattableString.Invariant($"{name}.attn.{block}"))
            .Where(attention => layers.Has(attention + ".qkv")).Select(layers.Attention)],
        layers.Has(resample) ? layers.Convolution(resample, walk) : null);

    public static void Add(
        Manifest manifest, string name, int blocks, int inputs, int outputs, bool lowest, string? resample)
    {
        for (var block = 0; block < blocks; block++)
        {
            ResnetBlock.Add(
                manifest, FormattableString.Invariant($"{name}.block.{block}"), block == 0 ? inputs : outputs, outputs);
            if (lowest)
            {
                AttentionBlock.Add(manifest, FormattableString.Invariant($"{name}.attn.{block}"), outputs);
            }
        }

        if (resample is not null)
        {
            manifest.NeedLayer(resample, outputs, outputs, 3, 3);
        }
    }
}

/// <summary>
/// ResNet, attention, ResNet at the lowest resolution, and the norm and convolution that end a network.
/// </summary>
internal sealed record Middle(ResnetBlock First, AttentionBlock Attention, ResnetBlock Second)
{
    public static Middle Read(LayerReader layers, string name) => new(
        layers.Resnet(name + ".block_1"), layers.Attention(name + ".attn_1"), layers.Resnet(name + ".block_2"));

    public static void Add(Manifest manifest, string name, int channels)
    {
        ResnetBlock.Add(manifest, name + ".block_1", channels, channels);
        AttentionBlock.Add(manifest, name + ".attn_1", channels);
        ResnetBlock.Add(manifest, name + ".block_2", channels, channels);
    }
}
