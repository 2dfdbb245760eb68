using System.Diagnostics;
using CoDe.Flow;
using CoDe.Gateway.Replicas;
using CoDe.Planning;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Moves images from the queue through both stages. A batch is formed when a drafter becomes free, so it holds the
/// images that came while the drafters were busy; it is refined while the next is drafted. Drafts are kept until they
/// are refined, so a failed stage repeats only its own work.
/// </summary>
internal sealed class GenerationPipeline
{
    /// <summary>
    /// Factor on the predicted time, which is only an average: many requests accepted at the very edge of their
    /// deadline would be late, and their images wasted (benchmarks/resilience, overload).
    /// </summary>
    private const double Reserve = 1.2;

    private readonly AdmissionQueue _queue;
    private readonly ReplicaPool _drafters;
    private readonly ReplicaPool _refiners;
    private readonly int _largestBatch;
    private readonly TimeSpan _batchDelay;
    private readonly TimeProvider _time;
    private readonly LaneMetrics _metrics;
    private readonly StageCalls _draftCalls;
    private readonly StageCalls _refineCalls;
    private readonly Throughput _throughput;
    private int _dispatches;
    private int _inFlight;
    private int _imagesInFlight;

    /// <param name="batchDelay">
    /// Time that an image waits for others of its kind, with a drafter free, to fill a batch.
    /// </param>
    public GenerationPipeline(
        AdmissionQueue queue, ReplicaPool drafters, ReplicaPool refiners,
        int largestBatch, TimeSpan batchDelay, TimeProvider time,
        LaneMetrics metrics, StageOverlap overlap, BatchHistory history, ILogger<GenerationPipeline> logger)
    {
        _queue = queue;
        _drafters = drafters;
        _refiners = refiners;
        _largestBatch = largestBatch;
        _batchDelay = batchDelay;
        _time = time;
        _metrics = metrics;
        var times = new BatchTimes();
        _draftCalls = new StageCalls(
            drafters, times, history, overlap.BeginDraft, overlap.EndDraft, time, logger);
        _refineCalls = new StageCalls(
            refiners, times, history, overlap.BeginRefine, overlap.EndRefine, time, logger);
        _throughput = new Throughput(time);
        _drafters.Changed += Dispatch;
        _refiners.Changed += Dispatch;
    }

    /// <summary>Takes images on.</summary>
    /// <param name="deadline">UTC.</param>
    /// <param name="accepted">Called with the number of images that wait before them, before any other report.</param>
    /// <param name="wasAccepted">True for images that an earlier dispatcher accepted: they are not refused.</param>
    /// <param name="mostOfCaller">The most images of the caller that wait; 0 for any number.</param>
    /// <exception cref="OverloadedException">Too many wait, or so many that the deadline cannot be met.</exception>
    public void Submit(
        IReadOnlyList<WorkItem> items, DateTime deadline, Action<int>? accepted = null, bool wasAccepted = false,
        int mostOfCaller = 0)
    {
        try
        {
            if (!wasAccepted)
            {
                ThrowIfTooMany(items, mostOfCaller);
                ThrowIfLate(items, deadline);
            }

            Admit(items, accepted, wasAccepted);
        }
        catch (OverloadedException)
        {
            _metrics.Refused(items[0].Key, items.Count);
            throw;
        }

        Dispatch();
        if (_batchDelay > TimeSpan.Zero)
        {
            _ = WaitForMoreAsync(items);
        }
    }

    /// <summary>The feature map of an image after each scale, by any refiner of the model.</summary>
    public async Task<IReadOnlyList<FeatureMap>> EncodeAsync(string model, Image image, CancellationToken cancellation)
        => (await _refineCalls.RunAsync(
            null,
            new BatchKey(model, 0),
            1,
            (replica, token) => StageClient.EncodeAsync(replica, model, image, token),
            cancellation).ConfigureAwait(false)).Result;

    private void ThrowIfTooMany(IReadOnlyList<WorkItem> items, int mostOfCaller)
    {
        var waiting = mostOfCaller > 0 ? _queue.WaitingOf(items[0].Caller) : 0;
        if (mostOfCaller > 0 && waiting + items.Count > mostOfCaller)
        {
            var reason = FormattableString.Invariant($"{waiting} images of {items[0].Caller} wait; ")
                + FormattableString.Invariant($"with {items.Count} more they would be over {mostOfCaller}");
            throw new OverloadedException(reason)
            {
                RetryAfter = _throughput.TimeFor(waiting),
            };
        }
    }

    private void ThrowIfLate(IReadOnlyList<WorkItem> items, DateTime deadline)
    {
        var before = _queue.AheadOf(items[0].Caller, items[0].Priority, items.Count)
            + Volatile.Read(ref _imagesInFlight);
        var needed = _throughput.TimeFor(before + items.Count) * Reserve;
        if (before > 0 && _time.GetUtcNow().UtcDateTime + needed > deadline)
        {
            var seconds = needed.TotalSeconds;
            var reason = FormattableString.Invariant(
                $"{before} images are before these, which would be done in {seconds:F1} s, after the deadline");
            throw new OverloadedException(reason) { RetryAfter = _throughput.TimeFor(before) };
        }
    }

    private void Admit(IReadOnlyList<WorkItem> items, Action<int>? accepted, bool wasAccepted)
    {
        SetWaited(items, _batchDelay == TimeSpan.Zero);
        var now = _time.GetTimestamp();
        foreach (var item in items)
        {
            item.Admitted = now;
        }

        _queue.Add([.. items.Where(item => item.Draft is null)], accepted, wasAccepted);
        foreach (var item in items)
        {
            _metrics.Follow(item);
        }

        RefineDrafted(items);
    }

    private static void SetWaited(IReadOnlyList<WorkItem> items, bool hasWaited)
    {
        foreach (var item in items)
        {
            item.HasWaited = hasWaited;
        }
    }

    /// <summary>Refines images whose drafts were kept when an earlier dispatcher was lost.</summary>
    private void RefineDrafted(IReadOnlyList<WorkItem> items)
    {
        foreach (var batch in items.Where(item => item.Draft is not null).Chunk(_largestBatch))
        {
            Interlocked.Increment(ref _inFlight);
            Interlocked.Add(ref _imagesInFlight, batch.Length);
            IReadOnlyList<OpaqueDraft> drafts = [.. batch.Select(item => item.Draft!.Value)];
            _ = RunAsync(batch, _ => Task.FromResult((drafts, true)));
        }
    }

    /// <summary>Waits for images to fill a batch, then drafts these even though they fill none.</summary>
    private async Task WaitForMoreAsync(IReadOnlyList<WorkItem> items)
    {
        await Task.Delay(_batchDelay, _time).ConfigureAwait(false);
        SetWaited(items, true);
        Dispatch();
    }

    /// <summary>
    /// Starts as many batches as drafters take. One thread does so at a time, and repeats if it was asked to meanwhile:
    /// of two, one could hold a drafter without images while the other finds no drafter for its images.
    /// </summary>
    private void Dispatch()
    {
        if (Interlocked.Increment(ref _dispatches) > 1)
        {
            return;
        }

        for (var asked = 1; asked > 0; asked = Interlocked.Add(ref _dispatches, -asked))
        {
            asked = Volatile.Read(ref _dispatches);
            StartBatches();
        }
    }

    /// <summary>Starts batches while the refiners keep up.</summary>
    private void StartBatches()
    {
        foreach (var key in _queue.Waiting == 0 ? [] : _queue.Keys())
        {
            while (Volatile.Read(ref _inFlight) < MostInFlight() && _drafters.TryAcquire(key, []) is { } drafter)
            {
                var items = _queue.Take(key, (int)Math.Min(_largestBatch, drafter.Status?.LargestBatch ?? 1));
                if (items.Count == 0)
                {
                    // Quietly: a release would dispatch again.
                    _drafters.Return(drafter);
                    break;
                }

                Interlocked.Increment(ref _inFlight);
                Interlocked.Add(ref _imagesInFlight, items.Count);
                RecordWaits(items);
                _ = RunAsync(items, cancellation => DraftAsync(items, drafter, cancellation));
            }
        }
    }

    private void RecordWaits(IReadOnlyList<WorkItem> items)
    {
        var now = _time.GetTimestamp();
        foreach (var item in items)
        {
            _metrics.Taken(item.Key, _time.GetElapsedTime(item.Admitted, now));
        }
    }

    private int MostInFlight() => DispatchRules.MostInFlight(_drafters.Count, _refiners.Count);

    private async Task<(IReadOnlyList<OpaqueDraft> Drafts, bool IsFirstTry)> DraftAsync(
        IReadOnlyList<WorkItem> items, Replica drafter, CancellationToken cancellation)
    {
        var drafted = await _draftCalls.RunAsync(
            drafter,
            items[0].Key,
            items.Count,
            (replica, token) => StageClient.DraftAsync(replica, items, token),
            cancellation).ConfigureAwait(false);
        foreach (var (item, draft) in items.Zip(drafted.Result))
        {
            item.Keep?.Invoke(item, draft);
        }

        return drafted;
    }

    private async Task RunAsync(
        IReadOnlyList<WorkItem> items,
        Func<CancellationToken, Task<(IReadOnlyList<OpaqueDraft> Drafts, bool IsFirstTry)>> draft)
    {
        // Whoever dispatches is not who the batch is for.
        Activity.Current = null;
        using var batch = new BatchCancellation(items);
        var started = _time.GetTimestamp();
        try
        {
            var (drafts, wasDraftedAtOnce) = await draft(batch.Token).ConfigureAwait(false);
            var kept = items.Zip(drafts).Where(pair => !pair.First.Cancellation.IsCancellationRequested).ToArray();
            foreach (var item in items.Where(item => item.Cancellation.IsCancellationRequested))
            {
                item.Fail(new OperationCanceledException(item.Cancellation));
            }

            if (kept.Length > 0)
            {
                WorkItem[] alive = [.. kept.Select(pair => pair.First)];
                OpaqueDraft[] keptDrafts = [.. kept.Select(pair => pair.Second)];
                var (images, wasRefinedAtOnce) = await _refineCalls.RunAsync(
                    null,
                    items[0].Key,
                    alive.Length,
                    (replica, token) => StageClient.RefineAsync(replica, alive, keptDrafts, token),
                    batch.Token).ConfigureAwait(false);
                _throughput.Record(started, alive.Length, counts: wasDraftedAtOnce && wasRefinedAtOnce);
                foreach (var (item, image) in alive.Zip(images))
                {
                    item.Finish(image);
                }
            }
        }
        catch (Exception error)
        {
            foreach (var item in items)
            {
                var isCancelled = item.Cancellation.IsCancellationRequested;
                item.Fail(isCancelled ? new OperationCanceledException(item.Cancellation) : error);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            Interlocked.Add(ref _imagesInFlight, -items.Count);
            Dispatch();
        }
    }
}
