using CoDe.Engine.Compute;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Vqvae;

/// <summary>Layers from image to features: the resolutions from the highest, then the middle.</summary>
internal sealed record EncoderLayers(
    ConvolutionWeights In, IReadOnlyList<Level> Down, Middle Middle,
    Norm NormOut, ConvolutionWeights Out, ConvolutionWeights Quantize)
{
    public static EncoderLayers Read(LayerReader layers, VqvaeConfig config) => new(
        layers.Convolution("encoder.conv_in"),
        [.. Enumerable.Range(0, config.Widths.Count)
            .Select(level => FormattableString.Invariant($"encoder.down.{level}"))
            .Select(name => Level.Read(
                layers, name, config.Blocks, name + ".downsample.conv", ConvolutionWalk.HalveSize))],
        Middle.Read(layers, "encoder.mid"), layers.Norm("encoder.norm_out"),
        layers.Convolution("encoder.conv_out"), layers.Convolution("quant_conv"));

    public static void Add(Manifest manifest, VqvaeConfig config)
    {
        var (widths, last) = (config.Widths, config.Widths.Count - 1);
        manifest.NeedLayer("encoder.conv_in", config.BaseWidth, 3, 3, 3);
        for (var level = 0; level <= last; level++)
        {
            var name = FormattableString.Invariant($"encoder.down.{level}");
            var inputs = level == 0 ? config.BaseWidth : widths[level - 1];
            Level.Add(
                manifest, name, config.Blocks, inputs, widths[level],
                level == last, level < last ? name + ".downsample.conv" : null);
        }

        Middle.Add(manifest, "encoder.mid", widths[last]);
        ResnetBlock.AddNorm(manifest, "encoder.norm_out", widths[last]);
        manifest.NeedLayer("encoder.conv_out", config.CodeWidth, widths[last], 3, 3);
    }
}

/// <summary>Layers from features to image: the middle, then the resolutions from the lowest.</summary>
internal sealed record DecoderLayers(
    ConvolutionWeights Dequantize, ConvolutionWeights In, Middle Middle,
    IReadOnlyList<Level> Up, Norm NormOut, ConvolutionWeights Out)
{
    public static DecoderLayers Read(LayerReader layers, VqvaeConfig config) => new(
        layers.Convolution("post_quant_conv"), layers.Convolution("decoder.conv_in"),
        Middle.Read(layers, "decoder.mid"),
        [.. Enumerable.Range(0, config.Widths.Count).Reverse()
            .Select(level => FormattableString.Invariant($"decoder.up.{level}"))
            .Select(name => Level.Read(
                layers, name, config.Blocks + 1, name + ".upsample.conv", ConvolutionWalk.DoubleSize))],
        layers.Norm("decoder.norm_out"), layers.Convolution("decoder.conv_out"));

    public static void Add(Manifest manifest, VqvaeConfig config)
    {
        var (widths, last) = (config.Widths, config.Widths.Count - 1);
        manifest.NeedLayer("decoder.conv_in", widths[last], config.CodeWidth, 3, 3);
        Middle.Add(manifest, "decoder.mid", widths[last]);
        for (var level = last; level >= 0; level--)
        {
            var name = FormattableString.Invariant($"decoder.up.{level}");
            var inputs = widths[Math.Min(level + 1, last)];
            Level.Add(
                manifest, name, config.Blocks + 1, inputs, widths[level],
                level == last, level > 0 ? name + ".upsample.conv" : null);
        }

        ResnetBlock.AddNorm(manifest, "decoder.norm_out", widths[0]);
        manifest.NeedLayer("decoder.conv_out", 3, widths[0], 3, 3);
    }
}
