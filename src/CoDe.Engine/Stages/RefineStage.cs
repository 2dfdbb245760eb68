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
    /// <summary>The largest float16. Features of a model are some hundreds at most.</summary>
    private const float LargestFeature = 65504;

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

    /// <param name="drafts">One a request, all of the same N.</param>
    /// <returns>Drafts of all K scales.</returns>
    /// <exception cref="InvalidSettingException">
    /// A request, a draft or the batch is out of its range; nothing was decoded.
    /// </exception>
    public IReadOnlyList<Draft> Run(
        IReadOnlyList<ImageRequest> requests, IReadOnlyList<Draft> drafts,
        ScaleDone? scaleDone = null, CancellationToken cancellation = default)
    {
        Validate(requests, drafts);
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

    private void Validate(IReadOnlyList<ImageRequest> requests, IReadOnlyList<Draft> drafts)
    {
        Check(
            requests.Count == drafts.Count && drafts.Count > 0,
            "drafts", drafts.Count, $"one a request, {requests.Count}");
        var (scales, width) = (drafts[0].Scales, _session.Config.CodeWidth);
        Check(scales >= 1 && scales <= LargestScales, "draft scales", scales, $"1 to {LargestScales}");
        foreach (var (request, draft) in requests.Zip(drafts))
        {
            Check(draft.Scales == scales, "draft scales", draft.Scales, $"{scales}, as the batch's first");
            var map = draft.FeatureMap;
            Check(map.Channels == width, "feature map channels", map.Channels, $"{width}");
            Check(map.Side == _schedule.FinalSide, "feature map side", map.Side, $"{_schedule.FinalSide}");
            Check(
                draft.Inputs is not null || request.FollowsFromTokens(),
                "draft inputs", 0, "the recorded inputs of a smooth or edited image");
            CheckTokens(draft);
            CheckValues("feature map", map.Values);
            CheckValues("draft inputs", draft.Inputs);
            var inputs = (_schedule.End(draft.Scales - 1) - _schedule.End(0)) * width;
            var given = draft.Inputs?.Length ?? inputs;
            Check(given == inputs, "draft inputs", given, $"{inputs} values");
        }
    }

    private void CheckTokens(Draft draft)
    {
        for (var scale = 0; scale < draft.Scales; scale++)
        {
            var map = draft.TokenMaps[scale];
            var (count, vocabulary) = (_schedule.Tokens(scale), _session.Config.Vocabulary);
            Check(map.Tokens.Length == count, "token map", map.Tokens.Length, $"{count} tokens at scale {scale + 1}");
            Check(map.Tokens.Max() < vocabulary, "token", map.Tokens.Max(), $"0 to {vocabulary - 1}");
        }
    }

    /// <summary>Checks that numbers are finite and can be stored in every type of maps.</summary>
    private static void CheckValues(string field, ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (!(Math.Abs(value) <= LargestFeature))
            {
                throw new InvalidSettingException(
                    field, FormattableString.Invariant($"{value}"),
                    FormattableString.Invariant($"numbers from -{LargestFeature} to {LargestFeature}"));
            }
        }
    }

    private static void Check(bool fits, string field, int value, string allowed)
    {
        if (!fits)
        {
            throw new InvalidSettingException(field, FormattableString.Invariant($"{value}"), allowed);
        }
    }
}
