using CoDe.Flow;
using CoDe.Gateway.Callers;
using CoDe.Gateway.Callers.Quotas;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>
/// Makes the images of jobs. A job's images are submitted in parts, as many as keep the stages busy, and written to
/// disk as they come. What passes, such as a full queue or a lost stage, is waited for.
/// </summary>
internal sealed class JobRunner(
    RequestReader reader, Origin origin, JobFolder folder, JobPace pace, CallerDirectory callers, ImageQuotas quotas,
    QuotaAdmission admission, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<JobRunner> logger)
{
    /// <summary>Failures of a part that nothing explains, after which the job fails.</summary>
    private const int MostFailures = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Images of a quota come back one by one, and a job says again what it waits for.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    /// <summary>Starts a job, or goes on with it where images of it are on disk.</summary>
    public JobRun Start(string id, JobOrder order)
    {
        var run = new JobRun(id, order, lifetime.ApplicationStopping);
        run.Start(MakeAsync);
        return run;
    }

    private async Task MakeAsync(JobRun run)
    {
        await WithDiskAsync(run, () => Task.Run(() => run.Open(folder.Open(run.Id, run.Order)))).ConfigureAwait(false);
        var request = GenerateRequest.Parser.ParseFrom(run.Order.Request);
        var parts = new List<Task>();
        var most = QuotaOf(run) is { ImagesPerMinute: > 0 and var limit } ? limit : int.MaxValue;
        var size = Math.Min(most, pace.PartSize);
        foreach (var numbers in run.Missing().Chunk(size))
        {
            while (parts.Count >= pace.Parts)
            {
                var ended = await Task.WhenAny(parts).ConfigureAwait(false);
                parts.Remove(ended);
                await ended.ConfigureAwait(false);
            }

            parts.Add(MakePartAsync(run, request, numbers));
        }

        await Task.WhenAll(parts).ConfigureAwait(false);
    }

    /// <summary>Makes a part until all of it is on disk.</summary>
    private async Task MakePartAsync(JobRun run, GenerateRequest request, int[] numbers)
    {
        var left = new HashSet<int>(numbers);
        for (var failures = 0; left.Count > 0;)
        {
            try
            {
                await SubmitAsync(run, request, left).ConfigureAwait(false);
            }
            catch (Exception error) when (!run.Stopping.IsCancellationRequested
                && error is not JobChangedException && (IsPassing(error) || ++failures < MostFailures))
            {
                var pause = error is OverloadedException overloaded ? overloaded.RetryAfter : Pause;
                await WaitAsync(run, error, pause < LongestPause ? pause : LongestPause).ConfigureAwait(false);
            }
        }
    }

    private async Task SubmitAsync(JobRun run, GenerateRequest request, HashSet<int> left)
    {
        var plan = reader.Plan(request, run.Order.Images);
        JobChangedException.ThrowIfOther(run.Order.Pair, JobOrders.PairOf(plan));
        int[] numbers = [.. left.Order()];
        var caller = new Caller(run.Order.Caller, DateTime.MaxValue, _ => { }, run.Stopping);
        var pending = new PendingRequest(plan.Part(numbers), request.Priority.Rank(), null, caller);
        await SubmitAsync(pending, QuotaOf(run), numbers.Length).ConfigureAwait(false);
        await Task.WhenAll(pending.Images.Zip(numbers, KeepAsync)).ConfigureAwait(false);

        async Task KeepAsync(Task<FinishedImage> image, int number)
        {
            var picture = (await image.ConfigureAwait(false)).Picture;
            await WithDiskAsync(run, () => folder.WriteAsync(run.Id, number, picture)).ConfigureAwait(false);
            run.Add(number);
            lock (left)
            {
                left.Remove(number);
            }
        }
    }

    /// <summary>Submits images of a job, of the quota of its owner where it has one.</summary>
    private async Task SubmitAsync(PendingRequest pending, QuotaHolder? owner, int images)
    {
        if (owner is not { } holder)
        {
            await origin.SubmitAsync(pending).ConfigureAwait(false);
            return;
        }

        await quotas.TakeAsync(holder, images).ConfigureAwait(false);
        await admission.StartAsync(holder, images, async () =>
        {
            await origin.SubmitAsync(pending).ConfigureAwait(false);
            return pending;
        }).ConfigureAwait(false);
    }

    /// <summary>The limits of its owner as they are now; null where it has none.</summary>
    private QuotaHolder? QuotaOf(JobRun run)
        => JobOwner.NameIn(run.Id) is { Length: > 0 } owner
            ? new QuotaHolder(owner, callers.LimitsOf(owner).ImagesPerMinute)
            : null;

    /// <summary>Reads or writes, however long the disk is full or away.</summary>
    private async Task WithDiskAsync(JobRun run, Func<Task> act)
    {
        while (true)
        {
            try
            {
                await act().ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                await WaitAsync(run, error, Pause).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitAsync(JobRun run, Exception error, TimeSpan pause)
    {
        if (run.Obstacle != error.Message)
        {
            run.Obstacle = error.Message;
            logger.Waits(run.Id, error.Message);
        }

        await Task.Delay(pause, time, run.Stopping).ConfigureAwait(false);
    }

    private static bool IsPassing(Exception error) => error
        is OverloadedException or NotReadyException or ModelNotServedException or StepsNotServedException
        or StageFaultException { Fault: StageFault.Lost or StageFault.Busy };
}
