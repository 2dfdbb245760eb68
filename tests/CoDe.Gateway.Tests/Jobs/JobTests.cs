using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Jobs;

/// <summary>Jobs of one gateway, with stages whose images show their label.</summary>
public sealed class JobTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private StageDouble _stage = null!;
    private GatewayServer _gateway = null!;

    public async Task InitializeAsync()
    {
        _stage = await StageDouble.StartAsync();
        _gateway = await GatewayServer.StartAsync([_stage.Address], [_stage.Address]);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task Job_OfManyImages_HasEachOfThemInOrder()
    {
        var submitted = await _gateway.Jobs.SubmitJobAsync(Request("all", "0..19", count: 3));
        Assert.Equal(("all", 60u, JobState.Running), (submitted.Id, submitted.Images, submitted.State));
        Assert.Equal(["0..19"], submitted.Request.Labels);
        Assert.Equal((8u, 5ul, "tiny"), (submitted.Request.Steps, submitted.Request.Seed, submitted.Request.Model));
        var finished = await _gateway.Jobs.FinishAsync("all");
        Assert.Equal((60u, JobState.Done, ""), (finished.Done, finished.State, finished.Message));
        Assert.True(finished.Finished >= finished.Created);
        var images = await _gateway.Jobs.ImagesAsync("all", pageSize: 7);
        Assert.Equal(Enumerable.Range(0, 60), images.Select(image => (int)image.Index));
        Assert.All(images, image => Assert.Equal(image.Index / 3, image.Label));
        Assert.All(images, image => Assert.Equal(image.Label, image.Image.Data[0]));
        Assert.Equal(60, DraftedImages());
    }

    [Fact]
    public async Task Job_SentTwice_IsOneJob()
    {
        var first = await _gateway.Jobs.SubmitJobAsync(Request("twice", "1"));
        var second = await _gateway.Jobs.SubmitJobAsync(Request("twice", "1"));
        Assert.Equal((first.Created, first.Request.Seed), (second.Created, second.Request.Seed));
        await _gateway.Jobs.FinishAsync("twice");
        Assert.Equal(JobState.Done, (await _gateway.Jobs.SubmitJobAsync(Request("twice", "1"))).State);
        Assert.Equal(1, DraftedImages());
        var other = await RefusalOf(_gateway.Jobs.SubmitJobAsync(Request("twice", "2")));
        Assert.Equal(
            (StatusCode.AlreadyExists, "Job twice is of another request; choose another id."),
            (other.StatusCode, other.Detail));
    }

    [Fact]
    public async Task Job_WithoutSeedAndId_GetsBoth()
    {
        var request = Request("", "1");
        request.Request.ClearSeed();
        var (one, two) = (await _gateway.Jobs.SubmitJobAsync(request), await _gateway.Jobs.SubmitJobAsync(request));
        Assert.NotEqual(one.Id, two.Id);
        Assert.NotEqual(one.Request.Seed, two.Request.Seed);
    }

    [Fact]
    public async Task Job_ThatIsCancelled_KeepsWhatIsDone()
    {
        var gate = new TaskCompletionSource();
        _stage.OnCall = call => call.EndsWith('9') ? gate.Task : Task.CompletedTask;
        await _gateway.Jobs.SubmitJobAsync(Request("ended", "0..9"));
        using (var watch = _gateway.Jobs.WatchJob(new WatchJobRequest { Id = "ended" }))
        {
            while (await watch.ResponseStream.MoveNext(default).WaitAsync(Patience)
                && watch.ResponseStream.Current.Done < 4)
            {
            }
        }

        var cancelled = await _gateway.Jobs.CancelJobAsync(new CancelJobRequest { Id = "ended" });
        Assert.Equal(JobState.Cancelled, cancelled.State);
        Assert.InRange(cancelled.Done, 4u, 9u);
        Assert.Equal((int)cancelled.Done, (await _gateway.Jobs.ImagesAsync("ended", pageSize: 100)).Count);
        Assert.Equal(cancelled, await _gateway.Jobs.CancelJobAsync(new CancelJobRequest { Id = "ended" }));
    }

    [Fact]
    public async Task Job_WhoseStageFails_WaitsAndGoesOn()
    {
        var isFailing = true;
        _stage.OnCall = _ => isFailing
            ? throw new RpcException(new Status(StatusCode.Unavailable, "away"))
            : Task.CompletedTask;
        await _gateway.Jobs.SubmitJobAsync(Request("patient", "0..3"));
        using (var watch = _gateway.Jobs.WatchJob(new WatchJobRequest { Id = "patient" }))
        {
            await watch.ResponseStream.MoveNext(default).WaitAsync(Patience);
        }

        isFailing = false;
        Assert.Equal(4u, (await _gateway.Jobs.FinishAsync("patient")).Done);
    }

    [Fact]
    public async Task Jobs_OfSeveralPages_AreListedNewestFirst()
    {
        foreach (var id in new[] { "a", "b", "c" })
        {
            await _gateway.Jobs.SubmitJobAsync(Request(id, "1"));
        }

        var first = await _gateway.Jobs.ListJobsAsync(new ListJobsRequest { PageSize = 2 });
        Assert.Equal(["c", "b"], first.Jobs.Select(job => job.Id));
        var rest = await _gateway.Jobs.ListJobsAsync(
            new ListJobsRequest { PageSize = 2, PageToken = first.NextPageToken });
        Assert.Equal(["a"], rest.Jobs.Select(job => job.Id));
        Assert.Equal("", rest.NextPageToken);
    }

    [Theory]
    [InlineData("../up", "1", "id is ../up; allowed: 1 to 64 letters")]
    [InlineData(".", "1", "id is .; allowed: 1 to 64 letters")]
    [InlineData("bad", "100", "label is 100; allowed: 0 to 99, none.")]
    [InlineData("bad", "", "labels is empty; allowed: one or more classes.")]
    public async Task Submit_OfBadInput_SaysWhatIsAllowed(string id, string label, string message)
    {
        var request = Request(id, label);
        if (label.Length == 0)
        {
            request.Request.Labels.Clear();
        }

        var status = await RefusalOf(_gateway.Jobs.SubmitJobAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
        Assert.StartsWith(message, status.Detail, StringComparison.Ordinal);
        Assert.Empty((await _gateway.Jobs.ListJobsAsync(new ListJobsRequest())).Jobs);
    }

    [Fact]
    public async Task Calls_WithBadIdsAndPages_SayWhatIsAllowed()
    {
        var jobs = _gateway.Jobs;
        await jobs.SubmitJobAsync(Request("here", "1"));
        Status[] missing =
        [
            await RefusalOf(jobs.GetJobAsync(new GetJobRequest { Id = "none" })),
            await RefusalOf(jobs.CancelJobAsync(new CancelJobRequest { Id = "none" })),
            await RefusalOf(jobs.ListImagesAsync(new ListImagesRequest { Id = "none" })),
        ];
        Assert.All(missing, status => Assert.Equal(
            (StatusCode.NotFound, "There is no job none."), (status.StatusCode, status.Detail)));
        Status[] wrong =
        [
            await RefusalOf(jobs.ListJobsAsync(new ListJobsRequest { PageSize = 101 })),
            await RefusalOf(jobs.ListJobsAsync(new ListJobsRequest { PageToken = "no" })),
            await RefusalOf(jobs.ListImagesAsync(new ListImagesRequest { Id = "here", PageSize = 0 })),
            await RefusalOf(jobs.ListImagesAsync(new ListImagesRequest { Id = "here", PageToken = "-1" })),
        ];
        Assert.Equal(
            [
                "page_size is 101; allowed: 1 to 100.",
                "page_token is no; allowed: that of the page before.",
                "page_size is 0; allowed: 1 to 1000.",
                "page_token is -1; allowed: that of the page before.",
            ],
            wrong.Select(status => status.Detail));
    }

    private static SubmitJobRequest Request(string id, string label, uint count = 1) => new()
    {
        Id = id,
        Request = new GenerateRequest
        {
            Labels = { label },
            Count = count,
            Seed = 5,
            Steps = 8,
            Format = ImageFormat.Rgb,
        },
    };

    private static async Task<Status> RefusalOf<T>(AsyncUnaryCall<T> call)
        => (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).Status;

    private int DraftedImages() => _stage.DraftedLabels().Count();
}
