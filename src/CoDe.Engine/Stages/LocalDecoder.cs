using System.Diagnostics;
using CoDe.Engine.Compute;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>Result of one batch.</summary>
/// <param name="Decoded">Token maps of all scales and the final feature map, one an image.</param>
public sealed record DecodedBatch(IReadOnlyList<Draft> Decoded, IReadOnlyList<Image> Images, StageTimes Times);

/// <summary>Time that the stages took.</summary>
public readonly record struct StageTimes(TimeSpan Draft, TimeSpan Refine, TimeSpan Decode)
{
    public TimeSpan Total => Draft + Refine + Decode;

    public static StageTimes operator +(StageTimes a, StageTimes b)
        => new(a.Draft + b.Draft, a.Refine + b.Refine, a.Decode + b.Decode);
}

/// <summary>All stages on one device, one after the other: label in, image out.</summary>
public sealed class LocalDecoder : IDisposable
{
    private readonly ScaleSchedule _schedule;
    private readonly DraftStage _draft;
    private readonly RefineStage? _refine;
    private readonly DecodeStage _decode;
    private readonly int _scales;

    /// <param name="refiner">Null to decode all scales with the drafter: plain VAR.</param>
    /// <param name="draftScales">
    /// N: scales that the drafter decodes, from 1 to K - 1; ignored without a refiner.
    /// </param>
    /// <param name="capacity">The most images of a batch.</param>
    /// <exception cref="InvalidSettingException">N is out of its range.</exception>
    public LocalDecoder(
        IBackend backend, VarWeights drafter, VarWeights? refiner, VqvaeWeights vqvae, int draftScales, int capacity)
    {
        _schedule = drafter.Config.Schedule;
        if (refiner is not null && (draftScales < 1 || draftScales >= _schedule.Count))
        {
            throw new InvalidSettingException(
                "steps", FormattableString.Invariant($"{draftScales}"),
                FormattableString.Invariant($"1 to {_schedule.Count - 1} drafted scales"));
        }

        _scales = refiner is null ? _schedule.Count : draftScales;
        _draft = new DraftStage(backend, drafter, vqvae, capacity, _scales);
        _refine = refiner is null ? null : new RefineStage(backend, refiner, vqvae, capacity, _scales);
        _decode = new DecodeStage(backend, vqvae, _schedule);
    }

    /// <param name="scaleDone">Called after each scale of either stage.</param>
    /// <exception cref="InvalidSettingException">
    /// A request or the batch is out of its range; nothing was decoded.
    /// </exception>
    public DecodedBatch Run(
        IReadOnlyList<ImageRequest> requests, ScaleDone? scaleDone = null, CancellationToken cancellation = default)
    {
        var start = Stopwatch.GetTimestamp();
        var drafts = _draft.Run(requests, _scales, scaleDone, cancellation);
        var drafted = Stopwatch.GetTimestamp();
        var decoded = _refine?.Run(requests, drafts, scaleDone, cancellation) ?? drafts;
        var refined = Stopwatch.GetTimestamp();
        var images = decoded.Select(draft => _decode.Run(draft.FeatureMap)).ToArray();
        var times = new StageTimes(
            Stopwatch.GetElapsedTime(start, drafted),
            Stopwatch.GetElapsedTime(drafted, refined),
            Stopwatch.GetElapsedTime(refined));
        return new DecodedBatch(decoded, images, times);
    }

    /// <summary>Decodes feature maps of any scale.</summary>
    public IReadOnlyList<Image> Preview(IReadOnlyList<FeatureMap> features) => [.. features.Select(_decode.Run)];

    public void Dispose()
    {
        _decode.Dispose();
        _refine?.Dispose();
        _draft.Dispose();
    }
}
