using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>
/// Makes the images of jobs. A job's images are submitted in parts, as many as keep the stages busy, and written to
/// disk as they come. What passes, such as a full queue or a lost stage, is waited for.
/// </summary>
internal sealed class JobRunner(
    RequestReader reader, Origin origin, JobFolder folder, JobPace pace, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<JobRunner> logger)
{
    /// <summary>Failures of a part that nothing explains, after which the job fails.</summary>
    private const int MostFailures = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

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
        foreach (var numbers in run.Missing().Chunk(pace.PartSize))
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
                await WaitAsync(run, error, pause).ConfigureAwait(false);
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
        await origin.SubmitAsync(pending).ConfigureAwait(false);
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
