using CoDe.Compute;
using CoDe.Flow;
using CoDe.Vqvae;

namespace CoDe.Stages;

/// <summary>
/// From logits to the features of a scale: guidance, top-k, top-p, temperature and noise of every image of a batch, then the drawn
/// tokens' code vectors or, for smooth images, a mixture.
/// </summary>
internal sealed class TokenSampler(IBackend backend, ScaleSchedule schedule, int capacity)
{
    private readonly TokenDraw[] _draws = new TokenDraw[capacity];
    private bool _anySmooth;

    /// <summary>Draws the tokens of one scale and returns their features: (images x tokens, code width).</summary>
    /// <param name="logits">(sequences x tokens, vocabulary), conditional sequences first; filtered in place.</param>
    public Tensor Draw(int scale, Tensor logits, Quantizer quantizer, IReadOnlyList<ImageRequest> requests)
    {
        var draws = Settings(scale, requests);
        backend.DrawTokens(quantizer.TokensOf(scale), logits, draws, schedule.Start(scale));
        var codes = quantizer.LookUp(scale);
        if (_anySmooth)
        {
            quantizer.Mix(codes, logits, draws, MixtureAt(scale), schedule.Start(scale));
        }

        return codes;
    }

    /// <summary>Guidance grows with the scale: t = guidance * s / (K - 1).</summary>
    private ReadOnlySpan<TokenDraw> Settings(int scale, IReadOnlyList<ImageRequest> requests)
    {
        var progress = schedule.Progress(scale);
        _anySmooth = false;
        for (var image = 0; image < requests.Count; image++)
        {
            var (request, sampling) = (requests[image], requests[image].Sampling);
            _anySmooth |= sampling.Smooth;
            _draws[image] = new TokenDraw(
                sampling.Guidance * progress, sampling.TopK, sampling.TopP, sampling.Temperature(scale), request.Seed, request.Index, sampling.Smooth);
        }

        return _draws.AsSpan(0, requests.Count);
    }

    /// <summary>The mixture sharpens with the scale, after MaskGIT's annealed noise. Its temperature magnifies rounding, so it is computed in float64.</summary>
    private CodeMixture MixtureAt(int scale)
    {
        var progress = schedule.Progress(scale);
        return new CodeMixture((float)(1 + progress), (float)Math.Max(0.27 * (1 - (progress * 0.95)), 0.005));
    }
}
