using CoDe.Engine.Compute.Torch.Operators;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoDe.Engine.Training.Vqvae;

/// <summary>
/// Multi-scale residual quantizer for training. Feature maps are (images, code width, side, side), tokens (images,
/// positions).
/// </summary>
internal sealed class QuantizerNetwork : IDisposable
{
    private const float Ratio = VqvaeConfig.ResidualRatio;

    private readonly VqvaeConfig _config;
    private readonly ScaleSchedule _schedule;
    private readonly Layers _layers;
    private readonly string[] _residuals;
    private readonly Tensor[] _enlarge;
    private readonly Tensor[] _reduce;

    public QuantizerNetwork(VqvaeConfig config, ScaleSchedule schedule, ParameterSet parameters)
    {
        (_config, _schedule) = (config, schedule);
        _layers = new Layers(parameters, parameters.Type);
        string[] names = [.. config.ResidualNames()];
        _residuals =
            [.. Enumerable.Range(0, Scales).Select(scale => names[config.ResidualConvolution(scale, schedule)])];
        var (type, device, side) = (parameters.Type, parameters.Device, schedule.FinalSide);
        _enlarge = [.. schedule.Sides.Select(each => ResizeMatrix.Bicubic(each, side, type, device))];
        _reduce = [.. schedule.Sides.Select(each => ResizeMatrix.Area(side, each, type, device))];
    }

    /// <summary>Number of scales, K in the paper.</summary>
    public int Scales => _schedule.Count;

    /// <summary>(vocabulary, code width)</summary>
    public Tensor Codebook => _layers[VqvaeConfig.Marker];

    /// <summary>Computes the transformer's inputs at the positions of the first scales but the very first.</summary>
    /// <param name="tokens">(images, positions), int64.</param>
    /// <returns>(images, positions - those of the first scale, code width)</returns>
    public Tensor Inputs(Tensor tokens, int scales)
    {
        var inputs = new List<Tensor> { zeros([tokens.shape[0], 0, _config.CodeWidth], _layers.Wide, _layers.Device) };
        inputs.AddRange(Cumulative(tokens, scales - 1).Select((features, scale) => Reduce(features, scale + 1)));
        return cat(inputs, 1);
    }

    /// <summary>Computes f_hat after each of the first scales, with gradients of codes and convolutions.</summary>
    public IReadOnlyList<Tensor> Cumulative(Tensor tokens, int scales)
    {
        var maps = new List<Tensor>(scales);
        for (var scale = 0; scale < scales; scale++)
        {
            var part = Part(tokens.narrow(1, _schedule.Start(scale), _schedule.Tokens(scale)), scale);
            maps.Add(scale == 0 ? part : maps[^1].add(part));
        }

        return maps;
    }

    /// <summary>Finds the nearest code at every position of every scale; each quantizes what is left over.</summary>
    /// <param name="features">f, (images, code width, side, side)</param>
    /// <param name="scaleDone">Called with what a scale quantized: (images, positions, code width).</param>
    /// <returns>(images, positions), int64</returns>
    public Tensor Quantize(Tensor features, Action<Tensor>? scaleDone = null)
    {
        using var gradients = no_grad();
        var (rest, codebook, tokens) = (features.detach(), Codebook.detach(), new List<Tensor>());
        var norms = codebook.square().sum(1);
        for (var scale = 0; scale < _schedule.Count; scale++)
        {
            var reduced = Reduce(rest, scale);
            scaleDone?.Invoke(reduced);

            // |x - e|^2 without |x|^2, which is the same for every code.
            tokens.Add(norms.sub(functional.linear(reduced, codebook).mul(2)).argmin(-1));
            rest = rest.sub(Part(tokens[^1], scale));
        }

        return cat(tokens, 1);
    }

    public void Dispose()
    {
        foreach (var matrix in _enlarge.Concat(_reduce))
        {
            matrix.Dispose();
        }
    }

    /// <summary>phi(enlarge(codes)) of one scale's tokens.</summary>
    private Tensor Part(Tensor tokens, int scale)
    {
        var (images, side) = (tokens.shape[0], _schedule.FinalSide);
        var codes = Codebook.index_select(0, tokens.flatten()).view(images, -1, _config.CodeWidth).transpose(1, 2);
        var enlarged = _schedule.Side(scale) == side ? codes : functional.linear(codes, _enlarge[scale]);
        var map = enlarged.reshape(images, _config.CodeWidth, side, side);
        return map.mul(1 - Ratio).add(_layers.Convolution(map, _residuals[scale]).mul(Ratio));
    }

    /// <summary>(images, tokens of the scale, code width)</summary>
    private Tensor Reduce(Tensor features, int scale)
    {
        var map = features.flatten(2, 3);
        return (_schedule.Side(scale) == _schedule.FinalSide ? map : functional.linear(map, _reduce[scale]))
            .transpose(1, 2);
    }
}
