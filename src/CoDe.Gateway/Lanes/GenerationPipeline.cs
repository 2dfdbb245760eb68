using System.Diagnostics;
using CoDe.Flow;
using CoDe.Gateway.Replicas;

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
        LaneMetrics metrics, StageOverlap overlap, ILogger<GenerationPipeline> logger)
    {
        _queue = queue;
        _drafters = drafters;
        _refiners = refiners;
        _largestBatch = largestBatch;
        _batchDelay = batchDelay;
        _time = time;
        _metrics = metrics;
        var times = new BatchTimes();
        _draftCalls = new StageCalls(drafters, times, overlap.BeginDraft, overlap.EndDraft, time, logger);
        _refineCalls = new StageCalls(refiners, times, overlap.BeginRefine, overlap.EndRefine, time, logger);
        _throughput = new Throughput(time);
        _drafters.Changed += Dispatch;
        _refiners.Changed += Dispatch;
    }

    /// <summary>Takes images on.</summary>
    /// <param name="deadline">UTC.</param>
    /// <param name="accepted">Called with the number of images that wait before them, before any other report.</param>
    /// <param name="wasAccepted">True for images that an earlier dispatcher accepted: they are not refused.</param>
    /// <exception cref="OverloadedException">Too many wait, or so many that the deadline cannot be met.</exception>
    public void Submit(
        IReadOnlyList<ImageJob> jobs, DateTime deadline, Action<int>? accepted = null, bool wasAccepted = false)
    {
        try
        {
            if (!wasAccepted)
            {
                ThrowIfLate(jobs, deadline);
            }

            Admit(jobs, accepted, wasAccepted);
        }
        catch (OverloadedException)
        {
            _metrics.Refused(jobs[0].Key, jobs.Count);
            throw;
        }

        Dispatch();
        if (_batchDelay > TimeSpan.Zero)
        {
            _ = WaitForMoreAsync(jobs);
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

    private void ThrowIfLate(IReadOnlyList<ImageJob> jobs, DateTime deadline)
    {
        var before = _queue.AheadOf(jobs[0].Caller, jobs.Count) + Volatile.Read(ref _imagesInFlight);
        var needed = _throughput.TimeFor(before + jobs.Count) * Reserve;
        if (before > 0 && _time.GetUtcNow().UtcDateTime + needed > deadline)
        {
            var seconds = needed.TotalSeconds;
            var reason = FormattableString.Invariant(
                $"{before} images are before these, which would be done in {seconds:F1} s, after the deadline");
            throw new OverloadedException(reason) { RetryAfter = _throughput.TimeFor(before) };
        }
    }

    private void Admit(IReadOnlyList<ImageJob> jobs, Action<int>? accepted, bool wasAccepted)
    {
        SetWaited(jobs, _batchDelay == TimeSpan.Zero);
        var now = _time.GetTimestamp();
        foreach (var job in jobs)
        {
            job.Admitted = now;
        }

        _queue.Add([.. jobs.Where(job => job.Draft is null)], accepted, wasAccepted);
        foreach (var job in jobs)
        {
            _metrics.Follow(job);
        }

        RefineDrafted(jobs);
    }

    private static void SetWaited(IReadOnlyList<ImageJob> jobs, bool hasWaited)
    {
        foreach (var job in jobs)
        {
            job.HasWaited = hasWaited;
        }
    }

    /// <summary>Refines images whose drafts were kept when an earlier dispatcher was lost.</summary>
    private void RefineDrafted(IReadOnlyList<ImageJob> jobs)
    {
        foreach (var batch in jobs.Where(job => job.Draft is not null).Chunk(_largestBatch))
        {
            Interlocked.Increment(ref _inFlight);
            Interlocked.Add(ref _imagesInFlight, batch.Length);
            IReadOnlyList<OpaqueDraft> drafts = [.. batch.Select(job => job.Draft!.Value)];
            _ = RunAsync(batch, _ => Task.FromResult((drafts, true)));
        }
    }

    /// <summary>Waits for images to fill a batch, then drafts these even though they fill none.</summary>
    private async Task WaitForMoreAsync(IReadOnlyList<ImageJob> jobs)
    {
        await Task.Delay(_batchDelay, _time).ConfigureAwait(false);
        SetWaited(jobs, true);
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
                var jobs = _queue.Take(key, (int)Math.Min(_largestBatch, drafter.Status?.LargestBatch ?? 1));
                if (jobs.Count == 0)
                {
                    // Quietly: a release would dispatch again.
                    _drafters.Return(drafter);
                    break;
                }

                Interlocked.Increment(ref _inFlight);
                Interlocked.Add(ref _imagesInFlight, jobs.Count);
                RecordWaits(jobs);
                _ = RunAsync(jobs, cancellation => DraftAsync(jobs, drafter, cancellation));
            }
        }
    }

    private void RecordWaits(IReadOnlyList<ImageJob> jobs)
    {
        var now = _time.GetTimestamp();
        foreach (var job in jobs)
        {
            _metrics.Taken(job.Key, _time.GetElapsedTime(job.Admitted, now));
        }
    }

    private int MostInFlight() => Replica.MostOutstanding * (_drafters.Count + _refiners.Count) + 1;

    private async Task<(IReadOnlyList<OpaqueDraft> Drafts, bool IsFirstTry)> DraftAsync(
        IReadOnlyList<ImageJob> jobs, Replica drafter, CancellationToken cancellation)
    {
        var drafted = await _draftCalls.RunAsync(
            drafter,
            jobs[0].Key,
            jobs.Count,
            (replica, token) => StageClient.DraftAsync(replica, jobs, token),
            cancellation).ConfigureAwait(false);
        foreach (var (job, draft) in jobs.Zip(drafted.Result))
        {
            job.Keep?.Invoke(job, draft);
        }

        return drafted;
    }

    private async Task RunAsync(
        IReadOnlyList<ImageJob> jobs,
        Func<CancellationToken, Task<(IReadOnlyList<OpaqueDraft> Drafts, bool IsFirstTry)>> draft)
    {
        // Whoever dispatches is not who the batch is for.
        Activity.Current = null;
        using var batch = new BatchCancellation(jobs);
        var started = _time.GetTimestamp();
        try
        {
            var (drafts, wasDraftedAtOnce) = await draft(batch.Token).ConfigureAwait(false);
            var kept = jobs.Zip(drafts).Where(pair => !pair.First.Cancellation.IsCancellationRequested).ToArray();
            foreach (var job in jobs.Where(job => job.Cancellation.IsCancellationRequested))
            {
                job.Fail(new OperationCanceledException(job.Cancellation));
            }

            if (kept.Length > 0)
            {
                ImageJob[] alive = [.. kept.Select(pair => pair.First)];
                OpaqueDraft[] keptDrafts = [.. kept.Select(pair => pair.Second)];
                var (images, wasRefinedAtOnce) = await _refineCalls.RunAsync(
                    null,
                    jobs[0].Key,
                    alive.Length,
                    (replica, token) => StageClient.RefineAsync(replica, alive, keptDrafts, token),
                    batch.Token).ConfigureAwait(false);
                _throughput.Record(started, alive.Length, counts: wasDraftedAtOnce && wasRefinedAtOnce);
                foreach (var (job, image) in alive.Zip(images))
                {
                    job.Finish(image);
                }
            }
        }
        catch (Exception error)
        {
            foreach (var job in jobs)
            {
                var isCancelled = job.Cancellation.IsCancellationRequested;
                job.Fail(isCancelled ? new OperationCanceledException(job.Cancellation) : error);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            Interlocked.Add(ref _imagesInFlight, -jobs.Count);
            Dispatch();
        }
    }
}
