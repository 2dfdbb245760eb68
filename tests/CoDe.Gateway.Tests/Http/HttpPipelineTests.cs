using System.Net;
using System.Net.Sockets;
using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Requests over HTTP while stages are busy, fail or are missing.</summary>
public sealed class HttpPipelineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Client_ThatDisconnects_CancelsTheWork()
    {
        await using var stage = await StageDouble.StartAsync();
        stage.OnCall = _ => new TaskCompletionSource().Task;
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        using var gone = new CancellationTokenSource();
        var request = gateway.Http.GetAsync("/v1/image?label=7&steps=8", gone.Token);
        await UntilAsync(() => stage.Calls.Contains("draft tiny 8: 7"));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await UntilAsync(() => stage.Cancelled.Contains("draft tiny 8: 7"));
    }

    [Fact]
    public async Task Queue_ThatIsFull_SaysWhenToTryAgain()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync(
            [stage.Address], [stage.Address], "--Gateway:QueueLimit=1");
        using var body = new StringContent("""{"labels": ["1", "2"]}""", null, "application/json");
        using var response = await gateway.Http.PostAsync("/v1/generate", body);
        await response.AssertErrorAsync(
            HttpStatusCode.TooManyRequests, 8, "0 of at most 1 images wait; try again later.");
        Assert.Equal("1", response.Header("Retry-After"));
    }

    [Fact]
    public async Task Request_ThatTakesLongerThanAny_EndsAndIsCancelled()
    {
        await using var stage = await StageDouble.StartAsync();
        stage.OnCall = _ => new TaskCompletionSource().Task;
        await using var gateway = await GatewayServer.StartAsync(
            [stage.Address], [stage.Address], "--Gateway:DeadlineSeconds=1");
        using var response = await gateway.Http.GetAsync("/v1/image?label=7&steps=8");
        await response.AssertErrorAsync(
            HttpStatusCode.GatewayTimeout, 4,
            "The request was not done within 1 s, the most for one without a deadline.");
        await UntilAsync(() => stage.Cancelled.Contains("draft tiny 8: 7"));
        var late = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { "8" }, Steps = 8 }));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
    }

    [Fact]
    public async Task Priority_ThatIsHigh_IsForThoseWhoMayHaveIt()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var strict = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        await using var open = await GatewayServer.StartAsync(
            [stage.Address], [stage.Address], "--Gateway:HighPriority=true");
        const string Urgent = """{"labels": ["1"], "priority": "PRIORITY_HIGH", "format": "IMAGE_FORMAT_RGB"}""";
        foreach (var path in new[] { "/v1/generate", "/v1/generate/stream" })
        {
            using var refused = await strict.Http.PostAsync(path, Json(Urgent));
            await refused.AssertErrorAsync(HttpStatusCode.Forbidden, 7, "priority is High; allowed: Normal, Low.");
        }

        using var job = await strict.Http.PostAsync("/v1/jobs", Json($$"""{"request": {{Urgent}}}"""));
        await job.AssertErrorAsync(HttpStatusCode.Forbidden, 7, "priority is High; allowed: Normal, Low.");
        using var answered = await open.Http.PostAsync("/v1/generate", Json(Urgent));
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task Body_ThatDoesNotComeInWhole_EndsInTime()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync(
            [stage.Address], [stage.Address], "--Gateway:RequestSeconds=1");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", gateway.Http.BaseAddress!.Port);
        await client.GetStream().WriteAsync(
            """
            POST /v1/generate HTTP/1.1
            Host: localhost
            Content-Type: application/json
            Content-Length: 1000

            {"labels": [
            """u8.ToArray());
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 408 Request Timeout", await reader.ReadLineAsync());
        var rest = await reader.ReadToEndAsync();
        Assert.Contains("The body did not come in whole within 1 s.", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stage_ThatFails_IsToldWithItsStatus()
    {
        await using var stage = await StageDouble.StartAsync();
        stage.OnCall = _ => throw new RpcException(new Status(StatusCode.Internal, "poison"));
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        using var response = await gateway.Http.GetAsync("/v1/image?label=1");
        await response.AssertErrorAsync(HttpStatusCode.InternalServerError, 13, "poison");
    }

    [Fact]
    public async Task Gateway_WithoutStages_IsUnavailable()
    {
        await using var gateway = await GatewayServer.StartAsync(["http://127.0.0.1:1"], ["http://127.0.0.1:1"]);
        using var response = await gateway.Http.GetAsync("/v1/image?label=1");
        await response.AssertErrorAsync(
            HttpStatusCode.ServiceUnavailable, 14,
            "No drafter and refiner that serve the same model have answered yet");
    }

    [Theory]
    [InlineData(StatusCode.OK, 200)]
    [InlineData(StatusCode.Cancelled, 499)]
    [InlineData(StatusCode.Unknown, 500)]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    [InlineData(StatusCode.NotFound, 404)]
    [InlineData(StatusCode.AlreadyExists, 409)]
    [InlineData(StatusCode.PermissionDenied, 403)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.FailedPrecondition, 400)]
    [InlineData(StatusCode.Aborted, 409)]
    [InlineData(StatusCode.OutOfRange, 400)]
    [InlineData(StatusCode.Unimplemented, 501)]
    [InlineData(StatusCode.Internal, 500)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DataLoss, 500)]
    [InlineData(StatusCode.Unauthenticated, 401)]
    public void Status_AsHttp_IsThatOfGoogleRpcCode(StatusCode code, int http)
        => Assert.Equal(http, Gateway.Http.HttpCode.Of(code));

    private static StringContent Json(string body) => new(body, null, "application/json");

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
