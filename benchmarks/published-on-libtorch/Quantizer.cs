using CoDe.Engine.Vqvae;
using CoDe.Flow;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Embedding = TorchSharp.Modules.Embedding;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>Adds drawn tokens to the feature map and makes the next scale's inputs from it.</summary>
internal sealed class Quantizer : IDisposable
{
    private readonly VqvaeConfig _config;
    private readonly ScaleSchedule _schedule;
    private readonly Embedding _codes;
    private readonly Convolution[] _residuals;

    public Quantizer(VqvaeConfig config, ScaleSchedule schedule, Parameters parameters)
    {
        _config = config;
        _schedule = schedule;
        _codes = Embedding_from_pretrained(parameters["quantize.embedding.weight"]);
        _residuals = [.. Enumerable.Range(0, config.ResidualConvolutions)
            .Select(i => parameters.Convolution(FormattableString.Invariant($"quantize.quant_resi.qresi_ls.{i}")))];
    }

    /// <param name="features">Accumulates the codes: (images, code width, final side, final side).</param>
    /// <param name="tokens">(images, tokens)</param>
    public void Accumulate(Tensor features, Tensor tokens, int scale)
    {
        using var codes = LookUp(tokens, _schedule.Side(scale));
        using var enlarged = scale == _schedule.Count - 1 ? null : Enlarged(codes);
        using var residual = Residual(enlarged ?? codes, _residuals[_config.ResidualConvolution(scale, _schedule)]);
        features.add_(residual);
    }

    /// <summary>Reduces the feature map to the side of a scale.</summary>
    /// <returns>A view: (images, tokens, code width).</returns>
    public Tensor Inputs(Tensor features, int scale)
    {
        var side = _schedule.Side(scale);
        using var reduced = functional.interpolate(features, [side, side], mode: InterpolationMode.Area);
        using var flat = reduced.view(features.size(0), features.size(1), -1);
        return flat.transpose(1, 2);
    }

    public void Dispose() => _codes.Dispose();

    private Tensor LookUp(Tensor tokens, int side)
    {
        using var codes = _codes.forward(tokens);
        using var swapped = codes.transpose(1, 2);
        return swapped.reshape(tokens.size(0), _config.CodeWidth, side, side);
    }

    private Tensor Enlarged(Tensor codes)
    {
        long[] size = [_schedule.FinalSide, _schedule.FinalSide];
        return functional.interpolate(codes, size, mode: InterpolationMode.Bicubic, align_corners: false);
    }

    private static Tensor Residual(Tensor codes, Convolution convolution)
    {
        using var kept = codes.mul(1 - VqvaeConfig.ResidualRatio);
        using var convolved = convolution.Forward(codes);
        return kept.add(convolved.mul_(VqvaeConfig.ResidualRatio));
    }
}
