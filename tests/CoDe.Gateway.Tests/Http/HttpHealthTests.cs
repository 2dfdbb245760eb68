using System.Net;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Liveness and readiness endpoints of the gateway.</summary>
public sealed class HttpHealthTests
{
    [Fact]
    public async Task Gateway_ThatKnowsBothStages_IsReady()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        Assert.Equal("""{"status":"live"}""", await gateway.Http.GetStringAsync("/health/live"));
        Assert.Equal("""{"status":"ready"}""", await gateway.Http.GetStringAsync("/health/ready"));
    }

    [Fact]
    public async Task Gateway_WithoutADrafter_IsLiveButNotReady()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync(["http://127.0.0.1:1"], [stage.Address]);
        await AssertNotReadyAsync(gateway, "No drafter is ready.");
        using var live = await gateway.Http.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task GrpcHealth_GatewayWithoutADrafter_ServesSinceItTakesWork()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync(["http://127.0.0.1:1"], [stage.Address]);
        using var channel = GrpcChannel.ForAddress(gateway.Addresses[0]);
        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    [Theory]
    [InlineData("live")]
    [InlineData("ready")]
    public async Task Health_AnotherMethod_IsRefused(string which)
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        using var response = await gateway.Http.DeleteAsync($"/health/{which}");
        await response.AssertErrorAsync(
            HttpStatusCode.MethodNotAllowed, 12, "does not take DELETE; allowed: GET, HEAD.");
    }

    [Fact]
    public async Task Gateway_WithoutARefiner_IsNotReady()
    {
        await using var stage = await StageDouble.StartAsync();
        await using var gateway = await GatewayServer.StartAsync([stage.Address], ["http://127.0.0.1:1"]);
        await AssertNotReadyAsync(gateway, "No refiner is ready.");
    }

    [Fact]
    public async Task Gateway_WhoseStagesServeDifferentN_IsNotReady()
    {
        await using var drafter = await StageDouble.StartAsync();
        await using var refiner = await StageDouble.StartAsync();
        (drafter.Steps, refiner.Steps) = ([6], [8]);
        await using var gateway = await GatewayServer.StartAsync([drafter.Address], [refiner.Address]);
        await AssertNotReadyAsync(gateway, "No drafter and refiner that are ready serve the same model and N.");
    }

    [Fact]
    public async Task Gateway_ThatLostItsRefiner_IsNotReadyThoughItRemembersTheModel()
    {
        await using var drafter = await StageDouble.StartAsync();
        await using var gateway = await StartWithRefinerThatEndsAsync(drafter);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await gateway.Http.GetAsync("/health/ready", patience.Token)).IsSuccessStatusCode)
        {
            await Task.Delay(5, patience.Token);
        }

        await AssertNotReadyAsync(gateway, "No refiner is ready.");
        Assert.Contains("tiny", await gateway.Http.GetStringAsync("/v1/models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_ThatIsEnding_IsLiveButNotReadyAndTakesNoWork()
    {
        await using var stage = await StageDouble.StartAsync();
        var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        HttpResponseMessage[] responses = [];
        gateway.Lifetime.ApplicationStopping.Register(() =>
            responses = Task.WhenAll(
                gateway.Http.GetAsync("/health/live"), gateway.Http.GetAsync("/health/ready"),
                gateway.Http.GetAsync("/v1/image?label=1")).GetAwaiter().GetResult());
        await gateway.DisposeAsync();
        Assert.Equal(HttpStatusCode.OK, responses[0].StatusCode);
        await responses[1].AssertErrorAsync(HttpStatusCode.ServiceUnavailable, 14, "The service is shutting down.");
        await responses[2].AssertErrorAsync(HttpStatusCode.ServiceUnavailable, 14, "The service is shutting down.");
        Assert.Empty(stage.Calls);
    }

    private static async Task<GatewayServer> StartWithRefinerThatEndsAsync(StageDouble drafter)
    {
        await using var refiner = await StageDouble.StartAsync();
        return await GatewayServer.StartAsync([drafter.Address], [refiner.Address]);
    }

    private static async Task AssertNotReadyAsync(GatewayServer gateway, string why)
    {
        using var response = await gateway.Http.GetAsync("/health/ready");
        await response.AssertErrorAsync(HttpStatusCode.ServiceUnavailable, 14, why);
    }
}
