using CoDe.Engine.Compute;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>
/// Called after each scale with its number and a function that yields the feature maps so far, for a preview.
/// </summary>
public delegate void ScaleDone(int scale, Func<IReadOnlyList<FeatureMap>> features);

/// <summary>Decodes scales 1 to N with one model: the drafter's part, or with N = K plain VAR decoding.</summary>
public sealed class DraftStage(
    IBackend backend, VarWeights weights, VqvaeWeights vqvae, int capacity, int largestScales) : IDisposable
{
    private readonly StageSession _session = new(backend, weights, vqvae, capacity, largestScales);

    /// <summary>The most scales that a draft can have.</summary>
    public int LargestScales => largestScales;

    /// <summary>Checks a batch; may be called from any thread.</summary>
    /// <param name="scales">N, from 1 to <see cref="LargestScales"/>.</param>
    /// <exception cref="InvalidSettingException">A request, the batch or N is out of its range.</exception>
    public void Validate(IReadOnlyList<ImageRequest> requests, int scales)
    {
        if (scales < 1 || scales > largestScales)
        {
            throw new InvalidSettingException(
                "draft scales", FormattableString.Invariant($"{scales}"),
                FormattableString.Invariant($"1 to {largestScales}"));
        }

        _session.Check.Requests(requests);
    }

    /// <param name="scales">N, from 1 to <see cref="LargestScales"/>.</param>
    /// <exception cref="InvalidSettingException">
    /// A request, the batch or N is out of its range; nothing was decoded.
    /// </exception>
    public IReadOnlyList<Draft> Run(
        IReadOnlyList<ImageRequest> requests, int scales,
        ScaleDone? scaleDone = null, CancellationToken cancellation = default)
    {
        Validate(requests, scales);
        _session.Begin(requests);
        var keepInputs = scales < _session.Config.Schedule.Count && !requests.All(DraftInputs.FollowsFromTokens);
        _session.Loop.Run(0, scales, requests, OnScaleDone, cancellation);
        return _session.Drafts(scales, requests);

        void OnScaleDone(int scale)
        {
            if (keepInputs && scale + 1 < scales)
            {
                _session.RecordInputs(scale + 1);
            }

            scaleDone?.Invoke(scale, _session.FeatureMaps);
        }
    }

    public void Dispose() => _session.Dispose();
}
