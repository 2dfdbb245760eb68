using CoDe.Engine.Vqvae;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Engine.Training.Vqvae;

/// <summary>Encoder and decoder of a VQVAE for training. Maps are (images, channels, height, width).</summary>
internal sealed class VqvaeNetwork(VqvaeConfig config, ParameterSet parameters, ScalarType compute)
{
    private readonly Layers _layers = new(parameters, compute);

    /// <summary>Encodes pixels in [-1, 1], (images, 3, height, width), into f.</summary>
    public Tensor Encode(Tensor pixels)
    {
        var x = _layers.Convolution(pixels, "encoder.conv_in");
        for (var level = 0; level < config.Widths.Count; level++)
        {
            var name = FormattableString.Invariant($"encoder.down.{level}");
            x = Level(x, name, config.Blocks);
            x = level < config.Widths.Count - 1 ? _layers.Convolution(x, name + ".downsample.conv", halves: true) : x;
        }

        x = Middle(x, "encoder.mid");
        x = _layers.Convolution(functional.silu(_layers.GroupNorm(x, "encoder.norm_out")), "encoder.conv_out");
        return _layers.Convolution(x, "quant_conv");
    }

    /// <summary>Decodes f_hat into pixels, (images, 3, height, width).</summary>
    public Tensor Decode(Tensor features)
    {
        var x = _layers.Convolution(_layers.Convolution(features, "post_quant_conv"), "decoder.conv_in");
        x = Middle(x, "decoder.mid");
        for (var level = config.Widths.Count - 1; level >= 0; level--)
        {
            var name = FormattableString.Invariant($"decoder.up.{level}");
            x = Level(x, name, config.Blocks + 1);
            x = level > 0 ? _layers.Convolution(Enlarge(x), name + ".upsample.conv") : x;
        }

        return _layers.Convolution(functional.silu(_layers.GroupNorm(x, "decoder.norm_out")), "decoder.conv_out");
    }

    private Tensor Level(Tensor x, string name, int blocks)
    {
        for (var block = 0; block < blocks; block++)
        {
            x = Resnet(x, FormattableString.Invariant($"{name}.block.{block}"));
            var attention = FormattableString.Invariant($"{name}.attn.{block}");
            x = _layers.Has(attention + ".qkv") ? Attention(x, attention) : x;
        }

        return x;
    }

    private Tensor Middle(Tensor x, string name)
        => Resnet(Attention(Resnet(x, name + ".block_1"), name + ".attn_1"), name + ".block_2");

    private Tensor Resnet(Tensor x, string name)
    {
        var hidden = _layers.Convolution(functional.silu(_layers.GroupNorm(x, name + ".norm1")), name + ".conv1");
        hidden = _layers.Convolution(functional.silu(_layers.GroupNorm(hidden, name + ".norm2")), name + ".conv2");
        var shortcut = name + ".nin_shortcut";
        return hidden.add(_layers.Has(shortcut) ? _layers.Convolution(x, shortcut) : x);
    }

    /// <summary>One head over all pixels.</summary>
    private Tensor Attention(Tensor x, string name)
    {
        // (images, 1, pixels, channels) each.
        var parts = _layers.Convolution(_layers.GroupNorm(x, name + ".norm"), name + ".qkv")
            .to(_layers.Compute).flatten(2, 3).transpose(1, 2).unsqueeze(1).chunk(3, -1);
        var mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        var map = mixed.squeeze(1).transpose(1, 2).reshape(x.shape);
        return x.add(_layers.Convolution(map, name + ".proj_out"));
    }

    private static Tensor Enlarge(Tensor x)
        => functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
}
