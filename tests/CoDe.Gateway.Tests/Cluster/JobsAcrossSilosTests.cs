using CoDe.Gateway.Jobs;
using CoDe.Gateway.Tests.Jobs;
using CoDe.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>Jobs that one gateway runs and both serve.</summary>
public sealed class JobsAcrossSilosTests : TwoGatewayTests
{
    private const int Images = 40;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_SubmittedAtOneGateway_IsServedByTheOther(bool atDispatcher)
    {
        var runner = await PlaceAsync(atDispatcher);
        var other = runner == First ? Second : First;
        var submitted = await First.Jobs.SubmitJobAsync(Request());
        Assert.Equal(submitted.Request, (await Second.Jobs.GetJobAsync(new GetJobRequest { Id = "job" })).Request);
        var finished = await other.Jobs.FinishAsync("job");
        Assert.Equal((JobState.Done, (uint)Images), (finished.State, finished.Done));
        foreach (var gateway in new[] { First, Second })
        {
            Assert.Equal([finished], (await gateway.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs);
            var images = await gateway.Jobs.ImagesAsync("job", pageSize: 7);
            Assert.Equal(Enumerable.Range(0, Images), images.Select(image => (int)image.Image.Data[0]));
        }

        Assert.Equal(Enumerable.Range(0, Images), Stage.DraftedLabels().Select(int.Parse).Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_CancelledAtTheOtherGateway_StopsItsCalls(bool atDispatcher)
    {
        var runner = await PlaceAsync(atDispatcher);
        var other = runner == First ? Second : First;
        HoldAfter(batches: 3);
        await runner.Jobs.SubmitJobAsync(Request());
        await UntilDoneAsync(other, 12);
        var cancelled = await other.Jobs.CancelJobAsync(new CancelJobRequest { Id = "job" });
        Assert.Equal((JobState.Cancelled, 12u), (cancelled.State, cancelled.Done));
        await UntilAsync(() => Stage.Cancelled.Count == Stage.Calls.Count - 6);
        Assert.Equal(cancelled, await runner.Jobs.GetJobAsync(new GetJobRequest { Id = "job" }));
        Assert.Equal(12, (await other.Jobs.ImagesAsync("job", pageSize: 100)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_WhoseGatewayStops_GoesOnAtTheOther(bool atDispatcher)
    {
        var runner = await PlaceAsync(atDispatcher);
        var other = runner == First ? Second : First;
        var held = HoldAfter(batches: 4);
        await First.Jobs.SubmitJobAsync(Request());
        await UntilDoneAsync(other, 16);
        await runner.DisposeAsync();

        // Still 16: the other gateway has started, but the stage holds up its calls.
        var kept = ImagesOnDisk();
        Assert.Equal(16, kept.Count);
        held.SetResult();
        var finished = await other.Jobs.FinishAsync("job");
        Assert.Equal((JobState.Done, (uint)Images), (finished.State, finished.Done));
        Assert.Equal(Enumerable.Range(0, Images), ImagesOnDisk());
        var drafts = Stage.DraftedLabels().Select(int.Parse).CountBy(label => label).ToDictionary();
        Assert.All(kept, label => Assert.Equal(1, drafts[label]));
        Assert.All(Enumerable.Range(0, Images), label => Assert.InRange(drafts[label], 1, 2));
    }

    [Fact]
    public async Task Job_SubmittedAtBothGatewaysAtOnce_IsOneJob()
    {
        var request = Request();
        request.Request.ClearSeed();
        var jobs = await Task.WhenAll(new[] { First, Second, First, Second }.Select(
            gateway => gateway.Jobs.SubmitJobAsync(request).ResponseAsync));
        Assert.Single(jobs.DistinctBy(job => (job.Request, job.Created)));
        await Second.Jobs.FinishAsync("job");
        Assert.Equal(Enumerable.Range(0, Images), Stage.DraftedLabels().Select(int.Parse).Order());
        Assert.All(Stage.Drafted, image => Assert.Equal(jobs[0].Request.Seed, image.Seed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_WithAnIdThatIsTaken_IsRefusedByBothGateways(bool atDispatcher)
    {
        await PlaceAsync(atDispatcher);
        await First.Jobs.SubmitJobAsync(Request());
        var other = Request();
        other.Request.Labels.Add("50");
        foreach (var gateway in new[] { First, Second })
        {
            Assert.Equal(
                (StatusCode.AlreadyExists, "Job job is of another request; choose another id."),
                await RefusalOf(gateway.Jobs.SubmitJobAsync(other)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Job_ThatDoesNotExist_IsNotFoundByBothGateways(bool atDispatcher)
    {
        await PlaceAsync(atDispatcher);
        foreach (var jobs in new[] { First.Jobs, Second.Jobs })
        {
            (StatusCode, string)[] refusals =
            [
                await RefusalOf(jobs.GetJobAsync(new GetJobRequest { Id = "job" })),
                await RefusalOf(jobs.CancelJobAsync(new CancelJobRequest { Id = "job" })),
                await RefusalOf(jobs.ListImagesAsync(new ListImagesRequest { Id = "job" })),
            ];
            Assert.All(refusals, refusal => Assert.Equal((StatusCode.NotFound, "There is no job job."), refusal));
        }
    }

    private static SubmitJobRequest Request() => new()
    {
        Id = "job",
        Request = new GenerateRequest
        {
            Labels = { $"0..{Images - 1}" },
            Seed = 5,
            Steps = 8,
            Format = ImageFormat.Rgb,
        },
    };

    private static async Task<(StatusCode, string)> RefusalOf<T>(AsyncUnaryCall<T> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(Patience));
        return (error.StatusCode, error.Status.Detail);
    }

    private static async Task UntilDoneAsync(GatewayServer gateway, uint images)
    {
        using var watch = gateway.Jobs.WatchJob(new WatchJobRequest { Id = "job" });
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(default).WaitAsync(Patience));
        }
        while (watch.ResponseStream.Current.Done < images);
    }

    /// <summary>Activates the job, which there is not yet, at one of the gateways.</summary>
    private async Task<GatewayServer> PlaceAsync(bool atDispatcher)
    {
        var gateway = atDispatcher ? First : Second;
        var silo = SiloOf(gateway);
        var grains = gateway.Services.GetRequiredService<IGrainFactory>();
        var job = grains.GetGrain<IJob>("job");
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        await job.GetAsync();
        RequestContext.Clear();
        Assert.Equal(silo, await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(job));
        return gateway;
    }

    /// <summary>Lets so many batches of the job through both stages and holds up the others.</summary>
    /// <returns>Lets all others through once it is completed.</returns>
    private TaskCompletionSource HoldAfter(int batches)
    {
        var gate = new TaskCompletionSource();
        var (drafts, refines) = (0, 0);
        Stage.OnCall = call =>
        {
            ref var calls = ref call.StartsWith("draft", StringComparison.Ordinal) ? ref drafts : ref refines;
            return Interlocked.Increment(ref calls) > batches ? gate.Task : Task.CompletedTask;
        };
        return gate;
    }

    private List<int> ImagesOnDisk()
        => [.. Directory.EnumerateFiles(Path.Combine(DataFolder, "jobs", "job"), "*.rgb")
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file))).Order()];
}
