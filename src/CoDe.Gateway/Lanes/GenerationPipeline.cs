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
    /// <summary>Failures after which a batch itself is taken to be the cause; lost replicas do not count.</summary>
    private const int MostFaults = 4;

    /// <summary>
    /// Factor on the predicted time, which is only an average: many requests accepted at the very edge of their
    /// deadline would be late, and their images wasted (benchmarks/resilience, overload).
    /// </summary>
    private const double Reserve = 1.2;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(20);

    private readonly AdmissionQueue _queue;
    private readonly ReplicaPool _drafters;
    private readonly ReplicaPool _refiners;
    private readonly int _largestBatch;
    private readonly TimeSpan _batchDelay;
    private readonly TimeProvider _time;
    private readonly LaneMetrics _metrics;
    private readonly StageOverlap _overlap;
    private readonly ILogger _logger;
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
        _overlap = overlap;
        _logger = logger;
        _throughput = new Throughput(time);
        _drafters.Changed += Dispatch;
        _refiners.Changed += Dispatch;
    }

    /// <summary>Takes images on.</summary>
    /// <param name="deadline">UTC.</param>
    /// <param name="accepted">Called with the number of images that wait before them, before any other report.</param>
    /// <exception cref="OverloadedException">Too many wait, or so many that the deadline cannot be met.</exception>
    public void Submit(IReadOnlyList<ImageJob> jobs, DateTime deadline, Action<int>? accepted = null)
    {
        try
        {
            Admit(jobs, deadline, accepted);
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
        => await CallAsync(
            _refiners,
            null,
            new BatchKey(model, 0),
            1,
            replica => StageClient.EncodeAsync(replica, model, image, cancellation),
            cancellation).ConfigureAwait(false);

    private void Admit(IReadOnlyList<ImageJob> jobs, DateTime deadline, Action<int>? accepted)
    {
        var before = _queue.Waiting + Volatile.Read(ref _imagesInFlight);
        var needed = _throughput.TimeFor(before + jobs.Count) * Reserve;
        if (before > 0 && _time.GetUtcNow().UtcDateTime + needed > deadline)
        {
            var seconds = needed.TotalSeconds;
            var reason = FormattableString.Invariant(
                $"{before} images are before these, which would be done in {seconds:F1} s, after the deadline");
            throw new OverloadedException(reason) { RetryAfter = _throughput.TimeFor(before) };
        }

        SetWaited(jobs, _batchDelay == TimeSpan.Zero);
        var now = _time.GetTimestamp();
        foreach (var job in jobs)
        {
            job.Admitted = now;
        }

        _queue.Add(jobs, accepted);
        foreach (var job in jobs)
        {
            _metrics.Follow(job);
        }
    }

    private static void SetWaited(IReadOnlyList<ImageJob> jobs, bool hasWaited)
    {
        foreach (var job in jobs)
        {
            job.HasWaited = hasWaited;
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
                _ = RunAsync(jobs, drafter);
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

    private async Task RunAsync(IReadOnlyList<ImageJob> jobs, Replica drafter)
    {
        // Whoever dispatches is not who the batch is for.
        Activity.Current = null;
        using var batch = new BatchCancellation(jobs);
        var started = _time.GetTimestamp();
        try
        {
            var drafts = await CallAsync(
                _drafters,
                drafter,
                jobs[0].Key,
                jobs.Count,
                replica => StageClient.DraftAsync(replica, jobs, batch.Token),
                batch.Token).ConfigureAwait(false);
            var kept = jobs.Zip(drafts).Where(pair => !pair.First.Cancellation.IsCancellationRequested).ToArray();
            foreach (var job in jobs.Where(job => job.Cancellation.IsCancellationRequested))
            {
                job.Fail(new OperationCanceledException(job.Cancellation));
            }

            if (kept.Length > 0)
            {
                ImageJob[] alive = [.. kept.Select(pair => pair.First)];
                OpaqueDraft[] keptDrafts = [.. kept.Select(pair => pair.Second)];
                var images = await CallAsync(
                    _refiners,
                    null,
                    jobs[0].Key,
                    alive.Length,
                    replica => StageClient.RefineAsync(replica, alive, keptDrafts, batch.Token),
                    batch.Token).ConfigureAwait(false);
                _throughput.Record(started, alive.Length);
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

    private void Begin(ReplicaPool pool)
    {
        if (pool == _drafters)
        {
            _overlap.BeginDraft();
        }
        else
        {
            _overlap.BeginRefine();
        }
    }

    private void End(ReplicaPool pool)
    {
        if (pool == _drafters)
        {
            _overlap.EndDraft();
        }
        else
        {
            _overlap.EndRefine();
        }
    }

    /// <summary>Has a replica do a batch, and another where it fails, while any of the clients wait.</summary>
    private async Task<T> CallAsync<T>(
        ReplicaPool pool, Replica? first, BatchKey key, int images,
        Func<Replica, Task<T>> call, CancellationToken cancellation)
    {
        var failed = new HashSet<Replica>();
        for (var faults = 0; ; first = null)
        {
            var replica = first ?? await pool.AcquireAsync(key, failed, cancellation).ConfigureAwait(false);
            try
            {
                Begin(pool);
                return await call(replica).ConfigureAwait(false);
            }
            catch (StageFaultException error) when (!cancellation.IsCancellationRequested)
            {
                _logger.BatchFailed(pool.Stage, replica.Address, images, error.Message);
                failed.Add(replica);
                if (error.Fault == StageFault.Lost)
                {
                    pool.Eject(replica);
                }
                else if (error.Fault == StageFault.Failed && ++faults >= MostFaults)
                {
                    throw;
                }
            }
            finally
            {
                End(pool);
                pool.Release(replica);
            }

            await Task.Delay(BusyPause, cancellation).ConfigureAwait(false);
        }
    }
}
