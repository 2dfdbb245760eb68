using CoDe.Engine.Compute;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// Reads drafts of N scales in one block-causal pass, then decodes scales N + 1 to K: the refiner's part.
/// </summary>
public sealed class RefineStage : IDisposable
{
    private readonly IBackend _backend;
    private readonly StageSession _session;
    private readonly Arena _arena;
    private readonly Tensor _inputs;
    private readonly ScaleSchedule _schedule;

    /// <param name="largestScales">The most scales of a draft, up to K - 1.</param>
    public RefineStage(IBackend backend, VarWeights weights, VqvaeWeights vqvae, int capacity, int largestScales)
    {
        (_backend, _schedule, LargestScales) = (backend, weights.Config.Schedule, largestScales);
        _session = new StageSession(backend, weights, vqvae, capacity, _schedule.Count, largestScales);
        _arena = backend.CreateArena();
        _inputs = _arena.Allocate(capacity * _schedule.End(largestScales - 1), weights.Config.CodeWidth);
    }

    public int LargestScales { get; }

    /// <summary>Checks a batch; may be called from any thread.</summary>
    /// <param name="mostScales">The most scales of a draft; K where drafts may be whole and need no refining.</param>
    /// <exception cref="InvalidSettingException">A request, a draft or the batch is out of its range.</exception>
    public void Validate(IReadOnlyList<ImageRequest> requests, IReadOnlyList<Draft> drafts, int mostScales)
        => _session.Check.Drafts(requests, drafts, mostScales);

    /// <param name="drafts">One a request, all of the same N.</param>
    /// <returns>Drafts of all K scales.</returns>
    /// <exception cref="InvalidSettingException">
    /// A request, a draft or the batch is out of its range; nothing was decoded.
    /// </exception>
    public IReadOnlyList<Draft> Run(
        IReadOnlyList<ImageRequest> requests, IReadOnlyList<Draft> drafts,
        ScaleDone? scaleDone = null, CancellationToken cancellation = default)
    {
        Validate(requests, drafts, LargestScales);
        var scales = drafts[0].Scales;
        _session.Begin(requests);
        ReadPrefix(drafts, scales);
        _session.Loop.Run(
            scales, _schedule.Count, requests, scale => scaleDone?.Invoke(scale, _session.FeatureMaps), cancellation);
        return [.. _session.Drafts(_schedule.Count, requests).Select(draft => draft with { Inputs = null })];
    }

    public void Dispose()
    {
        _arena.Dispose();
        _session.Dispose();
    }

    /// <summary>
    /// Replays the drafted tokens through the quantizer, which yields the inputs of scales 2 to N, and lets the
    /// transformer read them all at once. The drafts' own feature maps then replace the replayed ones, so that the
    /// result does not depend on the back end that drafted.
    /// </summary>
    private void ReadPrefix(IReadOnlyList<Draft> drafts, int scales)
    {
        for (var scale = 0; scale < scales; scale++)
        {
            UploadTokens(scale, drafts);
        }

        // (images x positions, code width)
        var inputs = _inputs.RowRange(0, drafts.Count * _schedule.End(scales - 1));
        Replay(inputs, drafts.Count, scales);
        PlaceRecorded(inputs, _schedule.End(scales - 1), drafts);
        _session.Var.Prefill(inputs, scales);
        UploadFeatures(drafts);
    }

    private void Replay(Tensor inputs, int images, int scales)
    {
        var quantizer = _session.Quantizer;
        for (var scale = 0; scale < scales; scale++)
        {
            if (scale > 0)
            {
                Place(inputs, _schedule.End(scales - 1), scale, quantizer.Inputs(scale), images);
            }

            quantizer.Accumulate(scale, quantizer.LookUp(scale));
        }
    }

    private void Place(Tensor inputs, int positions, int scale, Tensor values, int images)
    {
        var count = _schedule.Tokens(scale);
        for (var image = 0; image < images; image++)
        {
            var destination = inputs.RowRange((image * positions) + _schedule.Start(scale), count);
            _backend.Copy(destination, values.RowRange(image * count, count));
        }
    }

    private void PlaceRecorded(Tensor inputs, int positions, IReadOnlyList<Draft> drafts)
    {
        var first = _schedule.End(0);
        for (var image = 0; image < drafts.Count; image++)
        {
            if (drafts[image].Inputs is { } recorded)
            {
                _backend.Upload(inputs.RowRange((image * positions) + first, positions - first), recorded);
            }
        }
    }

    private void UploadTokens(int scale, IReadOnlyList<Draft> drafts)
    {
        var tokens = new int[drafts.Count * _schedule.Tokens(scale)];
        for (var image = 0; image < drafts.Count; image++)
        {
            var map = drafts[image].TokenMaps[scale].Tokens;
            for (var i = 0; i < map.Length; i++)
            {
                tokens[(image * map.Length) + i] = map[i];
            }
        }

        _backend.Upload(_session.Quantizer.TokensOf(scale), tokens);
    }

    private void UploadFeatures(IReadOnlyList<Draft> drafts)
    {
        var pixels = _schedule.FinalSide * _schedule.FinalSide;
        var values = new float[pixels * _session.Config.CodeWidth];
        for (var image = 0; image < drafts.Count; image++)
        {
            drafts[image].FeatureMap.ToPixelMajor(values);
            _backend.Upload(_session.Quantizer.Features.RowRange(image * pixels, pixels), values);
        }
    }
}
