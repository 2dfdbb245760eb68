using CoDe.Drafter;
using CoDe.Gateway;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Refiner;
using CoDe.Worker;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace CoDe.Shared.Tests.Hosting.Lifecycle;

/// <summary>The health of every process by the name of every service that it maps.</summary>
public sealed class ServiceHealthTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, Func<string[], WebApplication>> Hosts = new()
    {
        ["Drafter"] = DrafterHost.Create,
        ["Refiner"] = RefinerHost.Create,
        ["Worker"] = WorkerHost.Create,
        ["Gateway"] = GatewayHost.Create,
    };

    [Theory]
    [InlineData("Drafter", "code.v1.Drafting")]
    [InlineData("Refiner", "code.v1.Refining")]
    [InlineData("Worker", "code.v1.Drafting", "code.v1.Refining")]
    [InlineData("Gateway", "code.v1.Generation", "code.v1.Jobs")]
    public async Task Health_OfEveryMappedService_IsThatOfTheProcess(string program, params string[] services)
    {
        await using var app = Create(program);
        await app.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(app)}");
        var health = new Health.HealthClient(channel);
        Assert.Equal(services, MappedServices(app));
        await AssertHealthAsync(health, services, ServingStatus.NotServing);

        await app.LoadAsync(default);

        await AssertHealthAsync(health, services, ServingStatus.Serving);
        await app.StopAsync();
    }

    [Fact]
    public async Task Health_OfAnUnknownService_IsNotFoundAndWatchedAsUnknown()
    {
        await using var app = Create("Drafter");
        await app.StartAndLoadAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{ServiceHost.PortOf(app)}");
        var health = new Health.HealthClient(channel);
        var unknown = new HealthCheckRequest { Service = "code.v1.Refining" };

        var error = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(unknown));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal(ServingStatus.ServiceUnknown, await WatchAsync(health, unknown.Service));
        await app.StopAsync();
    }

    private static WebApplication Create(string program)
    {
        string[] loopback = [$"--{program}:Host=127.0.0.1", $"--{program}:Port=0", $"--{program}:HttpPort=off"];
        return Hosts[program]([.. loopback, "--Logging:LogLevel:Default=None"]);
    }

    private static IEnumerable<string> MappedServices(WebApplication app)
        => app.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>()
            .Where(service => service.StartsWith("code.", StringComparison.Ordinal))
            .Distinct()
            .Order(StringComparer.Ordinal);

    private static async Task AssertHealthAsync(Health.HealthClient health, string[] services, ServingStatus expected)
    {
        foreach (var service in services.Prepend(""))
        {
            Assert.Equal(expected, (await health.CheckAsync(new HealthCheckRequest { Service = service })).Status);
            Assert.Equal(expected, await WatchAsync(health, service));
        }
    }

    private static async Task<ServingStatus> WatchAsync(Health.HealthClient health, string service)
    {
        using var watch = health.Watch(new HealthCheckRequest { Service = service });
        Assert.True(await watch.ResponseStream.MoveNext(default).WaitAsync(Patience));
        return watch.ResponseStream.Current.Status;
    }
}
