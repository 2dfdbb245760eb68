using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace CoDe.Tests.Rpc;

public sealed class HealthTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private HealthCheckResult _device = HealthCheckResult.Healthy();

    [Fact]
    public async Task Check_TellsWhatTheChecksOfTheServiceSay()
    {
        await using var server = await StartAsync();
        var client = new Health.HealthClient(server.Channel);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        _device = HealthCheckResult.Degraded();
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        _device = HealthCheckResult.Unhealthy();
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest { Service = "drafting" })).Status);
        Assert.Equal(ServingStatus.Unknown, (await client.CheckAsync(new HealthCheckRequest { Service = "unchecked" })).Status);
    }

    [Fact]
    public async Task Check_OfAnUnknownService_IsNotFound()
    {
        await using var server = await StartAsync();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest { Service = "other" }));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Watch_TellsEachChangeAndThatTheServerStops()
    {
        await using var server = await StartAsync();
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        _device = HealthCheckResult.Unhealthy();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        _device = HealthCheckResult.Healthy();
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        var stop = server.StopAsync();
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext(default));
        await stop.WaitAsync(Patience);
    }

    [Fact]
    public async Task Watch_OfAnUnknownService_SaysSoAndGoesOn()
    {
        await using var server = await StartAsync();
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest { Service = "later" });
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
        server.Services.GetRequiredService<Grpc.HealthCheck.HealthServiceImpl>().SetStatus("later", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(default).WaitAsync(Patience));
        return watch.ResponseStream.Current.Status;
    }

    private Task<RpcServer> StartAsync() => RpcServer.StartAsync(
        new ScriptedService(),
        services: services =>
        {
            services.AddGrpcHealthChecks(options =>
            {
                options.Services.Map("drafting", check => check.Tags.Contains("device"));
                options.Services.Map("unchecked", check => check.Name == "none");
            }).AddCheck("device", () => _device, ["device"]);
            services.Configure<HealthCheckPublisherOptions>(options => (options.Delay, options.Period) = (TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        },
        map: app => app.MapGrpcHealthChecksService());
}
