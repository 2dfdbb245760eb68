using CoDe.Engine.Compute;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// Turns logits into the features of a scale. Applies guidance, top-k, top-p, temperature and noise of every image of a
/// batch, then yields the drawn tokens' code vectors or, for smooth images, a mixture.
/// </summary>
internal sealed class TokenSampler : IDisposable
{
    private readonly IBackend _backend;
    private readonly ScaleSchedule _schedule;
    private readonly Arena _arena;
    private readonly TokenDraw[] _settings;
    private readonly DrawTable[] _draws;

    /// <param name="capacity">The most images of a batch.</param>
    public TokenSampler(IBackend backend, ScaleSchedule schedule, int capacity)
    {
        (_backend, _schedule, _arena, _settings) = (backend, schedule, backend.CreateArena(), new TokenDraw[capacity]);
        _draws = [.. Enumerable.Range(0, schedule.Count).Select(_ => backend.CreateDraws(_arena, capacity))];
    }

    /// <summary>Tells whether the features of any image of the batch are a mixture.</summary>
    public bool AnySmooth { get; private set; }

    /// <summary>Starts a batch: the settings of scales [from, to).</summary>
    public void Begin(IReadOnlyList<ImageRequest> requests, int from, int to)
    {
        AnySmooth = false;
        for (var image = 0; image < requests.Count; image++)
        {
            AnySmooth |= requests[image].Sampling.Smooth;
        }

        for (var scale = from; scale < to; scale++)
        {
            _backend.Upload(_draws[scale], Settings(scale, requests));
        }
    }

    /// <summary>Draws the tokens of one scale and returns their features: (images x tokens, code width).</summary>
    /// <param name="logits">(sequences x tokens, vocabulary), conditional sequences first; filtered in place.</param>
    public Tensor Draw(int scale, Tensor logits, Quantizer quantizer)
    {
        _backend.DrawTokens(quantizer.TokensOf(scale), logits, _draws[scale], _schedule.Start(scale));
        var codes = quantizer.LookUp(scale);
        if (AnySmooth)
        {
            quantizer.Mix(scale, codes, logits, _draws[scale], MixtureAt(scale));
        }

        return codes;
    }

    public void Dispose() => _arena.Dispose();

    /// <summary>Guidance grows with the scale: t = guidance * s / (K - 1).</summary>
    private ReadOnlySpan<TokenDraw> Settings(int scale, IReadOnlyList<ImageRequest> requests)
    {
        var progress = _schedule.Progress(scale);
        for (var image = 0; image < requests.Count; image++)
        {
            var (request, sampling) = (requests[image], requests[image].Sampling);
            _settings[image] = new TokenDraw(
                sampling.Guidance * progress, sampling.TopK, sampling.TopP,
                sampling.Temperature(scale), request.Seed, request.Index, sampling.Smooth);
        }

        return _settings.AsSpan(0, requests.Count);
    }

    /// <summary>
    /// Computes the mixture, which sharpens with the scale as MaskGIT's annealed noise. Its temperature magnifies
    /// rounding, so it is computed in float64.
    /// </summary>
    private CodeMixture MixtureAt(int scale)
    {
        var progress = _schedule.Progress(scale);
        return new CodeMixture((float)(1 + progress), (float)Math.Max(0.27 * (1 - (progress * 0.95)), 0.005));
    }
}
