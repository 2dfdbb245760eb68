using CoDe.Flow;
using CoDe.Gateway.Callers;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;
using CoDe.Telemetry;

namespace CoDe.Gateway.Jobs;

/// <summary>Serves the jobs of gRPC and HTTP alike: checks requests, asks the job and maps what it answers.</summary>
internal sealed class JobOperations(
    IGrainFactory grains, JobOrders orders, JobPages pages, JobAccess access, CallerMetrics metrics,
    IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(500);

    /// <exception cref="JobExistsException">The id is that of a job with another request.</exception>
    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    /// <exception cref="OverloadedException">As many jobs of the caller run as may.</exception>
    public async Task<Job> SubmitAsync(SubmitJobRequest request, Caller caller)
    {
        access.ThrowIfClosed();
        var id = request.Id.Length == 0 ? $"{Guid.NewGuid():N}" : request.Id;
        var key = JobOwner.Of(caller).OwnKeyOf(id);
        var wanted = request.Request ?? throw new InvalidSettingException("request", "missing", "labels and settings");
        var there = await access.TryAsync(() => Grain(key).GetAsync());
        if (there.Job?.Order.Digest == JobOrders.DigestOf(wanted))
        {
            return there.Job.ToWire(id);
        }

        var order = orders.Read(wanted, $"jobs of {caller.Name}");
        var most = caller.Identity?.Limits.JobsRunning ?? 0;
        var answer = await access.TryAsync(() => Grain(key).SubmitAsync(order, most));
        if (answer.Failure?.Type == nameof(OverloadedException))
        {
            metrics.Refused(caller.Name, ReasonNames.Jobs);
        }

        return answer.OrThrow().ToWire(id);
    }

    /// <exception cref="JobNotFoundException">The caller has no such job.</exception>
    public async Task<Job> GetAsync(string id, Caller caller)
        => await JobAsync(JobOwner.Of(caller), id, grain => grain.GetAsync());

    /// <exception cref="JobNotFoundException">The caller has no such job.</exception>
    public async Task<Job> CancelAsync(string id, Caller caller)
        => await JobAsync(JobOwner.Of(caller), id, grain => grain.CancelAsync());

    /// <summary>Tells the job now, after each change and when it is finished.</summary>
    /// <exception cref="JobNotFoundException">The caller has no such job.</exception>
    /// <exception cref="NotReadyException">This gateway ends; another can be asked.</exception>
    public async Task WatchAsync(string id, Func<Job, Task> tell, Caller caller)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            caller.Cancellation, lifetime.ApplicationStopping);
        try
        {
            var last = await GetAsync(id, caller);
            await tell(last);
            while (last.State == JobState.Running)
            {
                await Task.Delay(WatchPeriod, time, end.Token);
                var job = await GetAsync(id, caller);
                if (!job.Equals(last))
                {
                    await tell(last = job);
                }
            }
        }
        catch (OperationCanceledException) when (!caller.Cancellation.IsCancellationRequested)
        {
            throw new NotReadyException("The service is shutting down.");
        }
    }

    /// <summary>Lists the jobs of the caller, or of all that it may use.</summary>
    public async Task<ListJobsResponse> ListAsync(ListJobsRequest request, Caller caller)
    {
        access.ThrowIfClosed();
        var owner = JobOwner.Of(caller);
        var most = JobPages.JobsOf(request);
        var keys = await ListAsync(owner, request.PageToken, most + 1);
        var page = keys.Take(most).ToArray();
        var jobs = await access.TryAsync(() => Task.WhenAll(page.Select(key => Grain(key).GetAsync())));
        var response = new ListJobsResponse { NextPageToken = keys.Length > most ? owner.IdOf(page[^1]) : "" };
        response.Jobs.AddRange(page.Zip(jobs).Where(each => each.Second.Job is not null)
            .Select(each => each.Second.Job!.ToWire(owner.IdOf(each.First))));
        return response;
    }

    /// <exception cref="JobNotFoundException">The caller has no such job.</exception>
    public async Task<ListImagesResponse> ImagesAsync(ListImagesRequest request, Caller caller)
    {
        var key = JobOwner.Of(caller).KeyOf(request.Id);
        return pages.Read(new ListImagesRequest(request) { Id = key }, await SnapshotAsync(key));
    }

    /// <summary>Reads one image, with what makes it again.</summary>
    /// <exception cref="JobNotFoundException">The caller has no such job, or it has not made that image.</exception>
    public async Task<GenerateResponse> ImageAsync(string id, int index, Caller caller)
    {
        var key = JobOwner.Of(caller).KeyOf(id);
        return pages.Read(key, index, await SnapshotAsync(key));
    }

    private IJob Grain(string key) => grains.GetGrain<IJob>(key);

    private async Task<string[]> ListAsync(JobOwner owner, string token, int most)
    {
        var after = token.Length == 0 ? "" : owner.KeyOf(token);
        var of = owner.SeesAll ? null : owner.Name;
        return await access.TryAsync(() => grains.GetGrain<IJobIndex>(0).ListAsync(after, most, of))
            ?? throw new InvalidSettingException("page_token", token, "that of the page before");
    }

    private async Task<Job> JobAsync(JobOwner owner, string id, Func<IJob, Task<JobAnswer>> ask)
    {
        access.ThrowIfClosed();
        var key = owner.KeyOf(id);
        return (await access.TryAsync(() => ask(Grain(key)))).OrThrow().ToWire(owner.IdOf(key));
    }

    private async Task<JobSnapshot> SnapshotAsync(string key)
    {
        access.ThrowIfClosed();
        return (await access.TryAsync(() => Grain(key).GetAsync())).OrThrow();
    }
}
