using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Gateway.Lanes;

/// <summary>Measures of the queue and of the images that go through the pipeline.</summary>
internal sealed class LaneMetrics
{
    private readonly Histogram<double> _wait;
    private readonly Counter<long> _images;

    public LaneMetrics(IMeterFactory meters, AdmissionQueue queue, StageOverlap overlap)
    {
        var meter = meters.Create(MeterNames.Gateway);
        _wait = meter.CreateHistogram(
            InstrumentNames.QueueWait, "s",
            "Time from the admission of an image until a drafter takes it.", null, DurationBuckets.Seconds);
        _images = meter.CreateCounter<long>(InstrumentNames.Images, "{image}", "Images by how they ended.");
        meter.CreateObservableGauge(InstrumentNames.QueueDepth, () => DepthsOf(queue), "{image}", "Images that wait.");
        meter.CreateObservableGauge(
            InstrumentNames.OverlapEfficiency, () => EfficiencyOf(overlap), "1",
            "Busy time of both stages against the time in which either was busy: "
            + "1 where they take turns, 2 where both always work.");
    }

    public void Taken(BatchKey lane, TimeSpan wait) => _wait.Record(wait.TotalSeconds, ModelOf(lane), StepsOf(lane));

    public void Refused(BatchKey lane, int images) => Count(lane, images, OutcomeNames.Refused);

    /// <summary>Counts an image once it is done, has failed or was cancelled.</summary>
    public void Follow(WorkItem item) => item.Done.ContinueWith(
        (done, _) => Count(item.Key, 1, OutcomeOf(done)), null,
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private static string OutcomeOf(Task done) => done.IsCompletedSuccessfully ? OutcomeNames.Done
        : done.Exception?.InnerException is OperationCanceledException ? OutcomeNames.Cancelled
        : OutcomeNames.Failed;

    private static IEnumerable<Measurement<int>> DepthsOf(AdmissionQueue queue)
        => queue.Depths().Select(lane => new Measurement<int>(lane.Value, ModelOf(lane.Key), StepsOf(lane.Key)));

    private static IEnumerable<Measurement<double>> EfficiencyOf(StageOverlap overlap)
        => overlap.Efficiency is { } efficiency ? [new Measurement<double>(efficiency)] : [];

    private static KeyValuePair<string, object?> ModelOf(BatchKey lane)
        => KeyValuePair.Create(TagNames.Model, (object?)lane.Model);

    private static KeyValuePair<string, object?> StepsOf(BatchKey lane)
        => KeyValuePair.Create(TagNames.Steps, (object?)lane.Steps);

    private void Count(BatchKey lane, int images, string outcome)
        => _images.Add(images, ModelOf(lane), StepsOf(lane), KeyValuePair.Create(TagNames.Outcome, (object?)outcome));
}
