using CoDe.Engine.Vqvae;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>The decoder of the VQVAE, by the published sequence of operators on NCHW maps.</summary>
internal sealed class PixelDecoder
{
    private static readonly double[] Twice = [2, 2];

    private readonly Convolution _dequantize;
    private readonly Convolution _in;
    private readonly Func<Tensor, Tensor>[] _middle;
    private readonly Func<Tensor, Tensor>[] _up;
    private readonly Convolution _out;
    private readonly GroupNorm _normOut;

    public PixelDecoder(VqvaeConfig config, Parameters parameters)
    {
        _dequantize = parameters.Convolution("post_quant_conv");
        _in = parameters.Convolution("decoder.conv_in");
        _middle =
        [
            new ResnetBlock(parameters, "decoder.mid.block_1").Forward,
            new PixelAttention(parameters, "decoder.mid.attn_1").Forward,
            new ResnetBlock(parameters, "decoder.mid.block_2").Forward,
        ];
        _up = [.. Enumerable.Range(0, config.Widths.Count).Reverse()
            .SelectMany(level => Level(config, parameters, level))];
        _normOut = new GroupNorm(parameters, "decoder.norm_out");
        _out = parameters.Convolution("decoder.conv_out");
    }

    /// <returns>Pixels in [-1, 1]: (images, 3, side, side).</returns>
    /// <param name="features">(images, code width, feature side, feature side)</param>
    public Tensor Forward(Tensor features)
    {
        var map = Begin(features);
        foreach (var layer in _middle.Concat(_up))
        {
            using var previous = map;
            map = layer(previous);
        }

        using var last = map;
        return _normOut.ActivateAndConvolve(last, _out).clamp_(-1, 1);
    }

    private Tensor Begin(Tensor features)
    {
        using var dequantized = _dequantize.Forward(features);
        return _in.Forward(dequantized);
    }

    private static IEnumerable<Func<Tensor, Tensor>> Level(VqvaeConfig config, Parameters parameters, int level)
    {
        var name = FormattableString.Invariant($"decoder.up.{level}");
        for (var block = 0; block <= config.Blocks; block++)
        {
            var (resnet, attention) = ($"{name}.block.{block}", $"{name}.attn.{block}");
            yield return new ResnetBlock(parameters, resnet).Forward;
            if (level == config.Widths.Count - 1)
            {
                yield return new PixelAttention(parameters, attention).Forward;
            }
        }

        if (level > 0)
        {
            var convolution = parameters.Convolution(name + ".upsample.conv");
            yield return map => Enlarge(map, convolution);
        }
    }

    private static Tensor Enlarge(Tensor map, Convolution convolution)
    {
        using var enlarged = functional.interpolate(map, scale_factor: Twice, mode: InterpolationMode.Nearest);
        return convolution.Forward(enlarged);
    }
}

/// <summary>Group norm of 32 groups.</summary>
internal sealed class GroupNorm(Parameters parameters, string name)
{
    private const int Groups = 32;
    private const double Epsilon = 1e-6;

    private readonly Tensor _gain = parameters[name + ".weight"];
    private readonly Tensor _bias = parameters[name + ".bias"];

    public Tensor Forward(Tensor map) => functional.group_norm(map, Groups, _gain, _bias, Epsilon);

    /// <summary>convolution(silu(norm(map)))</summary>
    public Tensor ActivateAndConvolve(Tensor map, Convolution convolution)
    {
        using var normal = Forward(map);
        return convolution.Forward(normal.silu_());
    }
}

internal sealed class ResnetBlock(Parameters parameters, string name)
{
    private readonly GroupNorm _norm1 = new(parameters, name + ".norm1");
    private readonly Convolution _convolution1 = parameters.Convolution(name + ".conv1");
    private readonly GroupNorm _norm2 = new(parameters, name + ".norm2");
    private readonly Convolution _convolution2 = parameters.Convolution(name + ".conv2");
    private readonly Convolution? _shortcut = parameters.Has(name + ".nin_shortcut.weight")
        ? parameters.Convolution(name + ".nin_shortcut")
        : null;

    public Tensor Forward(Tensor map)
    {
        using var residual = Residual(map);
        using var shortcut = _shortcut?.Forward(map);
        return (shortcut ?? map).add(residual);
    }

    private Tensor Residual(Tensor map)
    {
        using var first = _norm1.ActivateAndConvolve(map, _convolution1);
        return _norm2.ActivateAndConvolve(first, _convolution2);
    }
}

/// <summary>Attention of one head over all pixels.</summary>
internal sealed class PixelAttention(Parameters parameters, string name)
{
    private readonly GroupNorm _norm = new(parameters, name + ".norm");
    private readonly Convolution _queryKeyValue = parameters.Convolution(name + ".qkv");
    private readonly Convolution _projection = parameters.Convolution(name + ".proj_out");

    public Tensor Forward(Tensor map)
    {
        var (images, channels, height, width) = (map.size(0), map.size(1), map.size(2), map.size(3));
        using var projected = Project(map);
        using var grouped = projected.reshape(images, 3, channels, height, width);
        using var parts = new Views(grouped.unbind(1));
        using var weights = Weights(parts[0], parts[1]); // (images, pixels, pixels)
        using var values = Flat(parts[2]);
        using var swapped = Swapped(weights);
        using var mixed = values.bmm(swapped);
        using var mixedMap = mixed.view(images, channels, height, width);
        using var contiguous = mixedMap.contiguous();
        using var residual = _projection.Forward(contiguous);
        return map.add(residual);
    }

    private Tensor Project(Tensor map)
    {
        using var normal = _norm.Forward(map);
        return _queryKeyValue.Forward(normal);
    }

    private static Tensor Weights(Tensor queries, Tensor keys)
    {
        using var query = Flat(queries);
        using var rows = Swapped(query);
        using var columns = Flat(keys);
        using var scores = rows.bmm(columns).mul_(1 / Math.Sqrt(queries.size(1)));
        return functional.softmax(scores, 2);
    }

    /// <summary>Copies to (images, channels, pixels) where memory is not in that order yet.</summary>
    private static Tensor Flat(Tensor map)
    {
        using var flat = map.view(map.size(0), map.size(1), map.size(2) * map.size(3));
        return flat.contiguous();
    }

    private static Tensor Swapped(Tensor matrices)
    {
        using var swapped = matrices.permute(0, 2, 1);
        return swapped.contiguous();
    }
}
