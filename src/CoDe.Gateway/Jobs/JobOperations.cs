using System.Text.RegularExpressions;
using CoDe.Flow;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>Serves the jobs of gRPC and HTTP alike: checks requests, asks the job and maps what it answers.</summary>
internal sealed partial class JobOperations(
    IGrainFactory grains, JobOrders orders, JobPages pages, JobAccess access, IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(500);

    /// <exception cref="JobExistsException">The id is that of a job with another request.</exception>
    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    public async Task<Job> SubmitAsync(SubmitJobRequest request, Caller caller)
    {
        access.ThrowIfClosed();
        var id = request.Id.Length == 0 ? $"{Guid.NewGuid():N}" : Checked(request.Id);
        var wanted = request.Request ?? throw new InvalidSettingException("request", "missing", "labels and settings");
        var there = await access.TryAsync(() => Grain(id).GetAsync());
        if (there.Job?.Order.Digest == JobOrders.DigestOf(wanted))
        {
            return there.Job.ToWire(id);
        }

        var order = orders.Read(wanted, $"jobs of {caller.Name}");
        return (await access.TryAsync(() => Grain(id).SubmitAsync(order))).OrThrow().ToWire(id);
    }

    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public async Task<Job> GetAsync(string id) => (await SnapshotAsync(id)).ToWire(id);

    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public async Task<Job> CancelAsync(string id)
    {
        access.ThrowIfClosed();
        return (await access.TryAsync(() => Grain(Checked(id)).CancelAsync())).OrThrow().ToWire(id);
    }

    /// <summary>Tells the job now, after each change and when it is finished.</summary>
    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    /// <exception cref="NotReadyException">This gateway ends; another can be asked.</exception>
    public async Task WatchAsync(string id, Func<Job, Task> tell, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            var last = await GetAsync(id);
            await tell(last);
            while (last.State == JobState.Running)
            {
                await Task.Delay(WatchPeriod, time, end.Token);
                var job = await GetAsync(id);
                if (!job.Equals(last))
                {
                    await tell(last = job);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NotReadyException("The service is shutting down.");
        }
    }

    public async Task<ListJobsResponse> ListAsync(ListJobsRequest request)
    {
        access.ThrowIfClosed();
        var most = JobPages.JobsOf(request);
        var ids = await access.TryAsync(() => grains.GetGrain<IJobIndex>(0).ListAsync(request.PageToken, most + 1))
            ?? throw new InvalidSettingException("page_token", request.PageToken, "that of the page before");
        var page = ids.Take(most).ToArray();
        var jobs = await access.TryAsync(() => Task.WhenAll(page.Select(id => Grain(id).GetAsync())));
        var response = new ListJobsResponse { NextPageToken = ids.Length > most ? page[^1] : "" };
        response.Jobs.AddRange(page.Zip(jobs).Where(each => each.Second.Job is not null)
            .Select(each => each.Second.Job!.ToWire(each.First)));
        return response;
    }

    /// <exception cref="JobNotFoundException">There is no such job.</exception>
    public async Task<ListImagesResponse> ImagesAsync(ListImagesRequest request)
        => pages.Read(request, await SnapshotAsync(request.Id));

    /// <summary>Reads one image, with what makes it again.</summary>
    /// <exception cref="JobNotFoundException">There is no such job, or it has not made that image.</exception>
    public async Task<GenerateResponse> ImageAsync(string id, int index)
        => pages.Read(id, index, await SnapshotAsync(id));

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    private static partial Regex IdPattern { get; }

    private static string Checked(string id) => IdPattern.IsMatch(id)
        ? id
        : throw new InvalidSettingException(
            "id", id, "1 to 64 letters, digits, '-', '_' or '.', the first a letter or a digit");

    private IJob Grain(string id) => grains.GetGrain<IJob>(id);

    private async Task<JobSnapshot> SnapshotAsync(string id)
    {
        access.ThrowIfClosed();
        return (await access.TryAsync(() => Grain(Checked(id)).GetAsync())).OrThrow();
    }
}
