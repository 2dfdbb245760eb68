using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Jobs;

/// <summary>A Redis that is away: requests go on, jobs are refused, and all recovers by itself.</summary>
public sealed class LostStorageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Jobs_WhileRedisIsAway_AreRefusedUntilItIsBack()
    {
        await using var cluster = await ServiceCluster.StartAsync();
        using var channel = GrpcChannel.ForAddress(cluster.Gateways[1].Address);
        var jobs = new Protocol.V1.Jobs.JobsClient(channel);
        await jobs.SubmitJobAsync(Request("before"));
        await cluster.Redis.KillAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(
            () => jobs.SubmitJobAsync(Request("meanwhile")).ResponseAsync.WaitAsync(Patience));
        Assert.Equal(
            (StatusCode.Unavailable, "Jobs cannot be used now: their storage does not answer; try again later."),
            (refused.StatusCode, refused.Status.Detail));
        var response = await new Generation.GenerationClient(channel).GenerateAsync(Request("").Request);
        Assert.Equal(10, response.Images.Count);

        await cluster.Redis.StartAgainAsync();
        await UntilAcceptedAsync(jobs);
        foreach (var id in new[] { "before", "meanwhile" })
        {
            Assert.Equal(10u, (await FinishAsync(jobs, id).WaitAsync(Patience)).Done);
        }
    }

    private static SubmitJobRequest Request(string id) => new()
    {
        Id = id,
        Request = new GenerateRequest { Labels = { "0..9" }, Seed = 7, Steps = 8 },
    };

    private static async Task UntilAcceptedAsync(Protocol.V1.Jobs.JobsClient jobs)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await jobs.SubmitJobAsync(Request("meanwhile"), cancellationToken: patience.Token);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(100, patience.Token);
            }
        }
    }

    private static async Task<Job> FinishAsync(Protocol.V1.Jobs.JobsClient jobs, string id)
    {
        using var watch = jobs.WatchJob(new WatchJobRequest { Id = id });
        Job? last = null;
        while (await watch.ResponseStream.MoveNext(default))
        {
            last = watch.ResponseStream.Current;
        }

        return last!;
    }
}
