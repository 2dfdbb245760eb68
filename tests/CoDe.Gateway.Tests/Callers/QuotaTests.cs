using System.Net;
using CoDe.Gateway.Tests.Http;
using CoDe.Gateway.Tests.Jobs;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>Quotas of callers at one gateway.</summary>
public sealed class QuotaTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _file = Path.GetTempFileName();
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StageDouble _stage = null!;
    private GatewayServer _gateway = null!;

    private string Rate { get; } = ApiKey.Create();

    private string Queue { get; } = ApiKey.Create();

    private string Jobs { get; } = ApiKey.Create();

    private string Free { get; } = ApiKey.Create();

    public async Task InitializeAsync()
    {
        await File.WriteAllLinesAsync(
            _file,
            [
                ClosedGateway.LineOf("rate", Rate, "images-per-minute=10"),
                ClosedGateway.LineOf("queue", Queue, "images-queued=5 images-per-minute=0"),
                ClosedGateway.LineOf("jobs", Jobs, "jobs-running=2 images-per-minute=0"),
                ClosedGateway.LineOf("free", Free, "roles=generate,operate images-per-minute=0"),
            ]);
        _stage = await StageDouble.StartAsync();
        _gateway = await GatewayServer.StartAsync(
            [_stage.Address], [_stage.Address], $"--Gateway:Callers:KeyFile={_file}",
            "--Gateway:Callers:ImagesPerMinute=7", "--Gateway:CacheMegabytes=0");
    }

    public async Task DisposeAsync()
    {
        _go.TrySetResult();
        await _gateway.DisposeAsync();
        await _stage.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task Images_BeyondThoseOfAMinute_AreRefusedWithATimeOnBothFaces()
    {
        var client = ClientOf(Rate);
        await client.GenerateAsync(Of(6));
        await client.GenerateAsync(Of(4));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await client.GenerateAsync(Of(1)));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Equal(
            "rate has asked for its 10 images of this minute; try again later.", refusal.Status.Detail);
        Assert.InRange(int.Parse(refusal.Trailers.GetValue("retry-after")!, null), 1, 61);
        using var response = await GetAsync("/v1/image?label=1", Rate);
        await response.AssertErrorAsync(HttpStatusCode.TooManyRequests, 8, "rate has asked for its 10 images");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(61));
        await ClientOf(Free).GenerateAsync(Of(30));
    }

    [Fact]
    public async Task Images_MoreThanAMinuteEverHas_AreAnInvalidRequest()
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await ClientOf(Rate).GenerateAsync(Of(11)));
        Assert.Equal(
            (StatusCode.InvalidArgument,
                "count is 11 images; allowed: 1 to 10 for rate, who may have so many a minute."),
            (refusal.StatusCode, refusal.Status.Detail));
        await ClientOf(Rate).GenerateAsync(Of(10));
    }

    [Fact]
    public async Task Images_BeyondThoseThatMayWait_AreRefusedUntilOthersHaveLeft()
    {
        _stage.OnCall = _ => _go.Task;
        using var running = await QueueAsync(ClientOf(Free), 16);
        await UntilAsync(() => _stage.Calls.Count == 2);
        using var waiting = await QueueAsync(ClientOf(Queue), 4);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await ClientOf(Queue).GenerateAsync(Of(2)));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Equal(
            "4 images of queue wait; with 2 more they would be over 5; try again later.", refusal.Status.Detail);
        using var last = await QueueAsync(ClientOf(Queue), 1);
        using var free = await QueueAsync(ClientOf(Free), 100);
        var never = await Assert.ThrowsAsync<RpcException>(async () => await ClientOf(Queue).GenerateAsync(Of(6)));
        Assert.Equal(StatusCode.InvalidArgument, never.StatusCode);
        _go.SetResult();
        while (await waiting.ResponseStream.MoveNext(default).WaitAsync(Patience))
        {
        }

        await ClientOf(Queue).GenerateAsync(Of(5));
    }

    [Fact]
    public async Task Jobs_BeyondThoseThatMayRun_AreRefusedUntilOneHasEnded()
    {
        _stage.OnCall = _ => _go.Task;
        var jobs = new Protocol.V1.Jobs.JobsClient(_gateway.As(Jobs));
        await jobs.SubmitJobAsync(SubmissionOf("a"));
        await jobs.SubmitJobAsync(SubmissionOf("b"));
        await jobs.SubmitJobAsync(SubmissionOf("b"));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await jobs.SubmitJobAsync(SubmissionOf("c")));
        Assert.Equal(
            (StatusCode.ResourceExhausted, "jobs has 2 jobs that run, and may have no more; try again later."),
            (refusal.StatusCode, refusal.Status.Detail));
        Assert.NotNull(refusal.Trailers.GetValue("retry-after"));
        await new Protocol.V1.Jobs.JobsClient(_gateway.As(Free)).SubmitJobAsync(SubmissionOf("c"));
        await jobs.CancelJobAsync(new CancelJobRequest { Id = "a" });
        await jobs.SubmitJobAsync(SubmissionOf("c"));
        _go.SetResult();
        Assert.Equal(JobState.Done, (await jobs.FinishAsync("c")).State);
        using var metrics = await GetAsync("/metrics", Free);
        Assert.Matches(
            """code_caller_refusals(_call)?_total\{[^}]*caller="jobs",reason="jobs"[^}]*\} 1""",
            await metrics.Content.ReadAsStringAsync());
    }

    /// <summary>A job may take longer than the quota of a minute lasts: it waits, and says for what.</summary>
    [Fact]
    public async Task Job_BeyondTheImagesOfAMinute_WaitsForTheNext()
    {
        var jobs = new Protocol.V1.Jobs.JobsClient(_gateway.As(Rate));
        var request = SubmissionOf("long");
        request.Request.Count = 12;
        await jobs.SubmitJobAsync(request);
        using var watch = jobs.WatchJob(new WatchJobRequest { Id = "long" });
        Job job;
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(default).WaitAsync(Patience));
            job = watch.ResponseStream.Current;
        }
        while (job.Message.Length == 0);

        Assert.StartsWith("rate has asked for its 10 images", job.Message, StringComparison.Ordinal);
        Assert.Equal(JobState.Running, job.State);
        await jobs.CancelJobAsync(new CancelJobRequest { Id = "long" });
    }

    [Fact]
    public async Task Metrics_HaveTheImagesOfEachCaller()
    {
        await ClientOf(Rate).GenerateAsync(Of(3));
        await ClientOf(Free).GenerateAsync(Of(4));
        await Assert.ThrowsAsync<RpcException>(async () => await ClientOf(Rate).GenerateAsync(Of(8)));
        await Assert.ThrowsAsync<RpcException>(async () => await ClientOf("none").GenerateAsync(Of(8)));
        using var response = await GetAsync("/metrics", Free);
        var metrics = await response.Content.ReadAsStringAsync();
        foreach (var series in new[]
        {
            """images(_image)?_total\{[^}]*caller="rate"[^}]*\} 3""",
            """images(_image)?_total\{[^}]*caller="free"[^}]*\} 4""",
            """refusals(_call)?_total\{[^}]*caller="rate",reason="rate"[^}]*\} 1""",
            """refusals(_call)?_total\{[^}]*caller="",reason="credentials"[^}]*\} 1""",
        })
        {
            Assert.Matches($"code_caller_{series}", metrics);
        }
    }

    private static GenerateRequest Of(uint count)
        => new() { Labels = { "1" }, Count = count, Seed = 1, Format = ImageFormat.Rgb };

    private static SubmitJobRequest SubmissionOf(string id) => new() { Id = id, Request = Of(1) };

    private static async Task<AsyncServerStreamingCall<GenerateEvent>> QueueAsync(
        Generation.GenerationClient client, uint count)
    {
        var call = client.GenerateStream(Of(count));
        Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Patience));
        return call;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private Generation.GenerationClient ClientOf(string key) => new(_gateway.As(key));

    private Task<HttpResponseMessage> GetAsync(string path, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", key);
        return _gateway.Http.SendAsync(request);
    }
}
