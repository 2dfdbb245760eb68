using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace CoDe.Shared.Tests.Hosting.Lifecycle;

/// <summary>
/// Life cycle of a service on a real socket, from the bound port to the end; the test decides when loading and work
/// continue.
/// </summary>
public sealed class LifeCycleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("")]
    [InlineData("code.v1.Drafting")]
    public async Task Service_WhileItLoads_SaysSoAndTakesNoWork(string name)
    {
        var asked = new HealthCheckRequest { Service = name };
        await using var service = await GatedService.StartAsync(drainSeconds: 30);
        using var client = service.Connect();
        using var watch = client.Health.Watch(asked);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.Equal(ServingStatus.NotServing, (await client.Health.CheckAsync(asked)).Status);
        await AssertRefusedAsync(client, "loading");
        Assert.Equal((false, true), await client.StateAsync());

        service.Load.SetResult();
        await service.Loaded.WaitAsync(Patience);

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        Assert.Equal(ServingStatus.Serving, (await client.Health.CheckAsync(asked)).Status);
        Assert.Equal((true, false), await client.StateAsync());
        service.Work.SetResult();
        await client.DraftAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("code.v1.Drafting")]
    public async Task Service_ToldToEnd_SaysSoRefusesNewWorkAndFinishesWhatItAccepted(string name)
    {
        var asked = new HealthCheckRequest { Service = name };
        await using var service = await GatedService.StartAsync(drainSeconds: 30);
        using var client = service.Connect();
        service.Load.SetResult();
        await service.Loaded.WaitAsync(Patience);
        using var watch = client.Health.Watch(asked);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        var accepted = client.DraftAsync();
        await service.Accepted.Task.WaitAsync(Patience);

        var stopped = service.StopAsync();

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        using var late = service.Connect();
        Assert.Equal(ServingStatus.NotServing, (await late.Health.CheckAsync(asked)).Status);
        await AssertRefusedAsync(late, "shutting down");
        await AssertRefusedAsync(client, "shutting down");
        Assert.Equal((false, false), await late.StateAsync());
        Assert.False(stopped.IsCompleted || accepted.IsCompleted);
        service.Work.SetResult();
        await Task.WhenAll(accepted, stopped).WaitAsync(Patience);
    }

    [Fact]
    public async Task Service_WithWorkOverTheBound_CancelsItAndEnds()
    {
        await using var service = await GatedService.StartAsync(drainSeconds: 0);
        using var client = service.Connect();
        service.Load.SetResult();
        await service.Loaded.WaitAsync(Patience);
        var accepted = client.DraftAsync();
        await service.Accepted.Task.WaitAsync(Patience);
        await service.StopAsync().WaitAsync(Patience);
        await service.Cancelled.Task.WaitAsync(Patience);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => accepted)).StatusCode);
    }

    private static async Task AssertRefusedAsync(Client client, string reason)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => client.DraftAsync().WaitAsync(Patience));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains(reason, error.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(default).WaitAsync(Patience));
        return watch.ResponseStream.Current.Status;
    }

    private sealed class Client(string address) : IDisposable
    {
        private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address);

        public Health.HealthClient Health => new(_channel);

        public async Task DraftAsync()
        {
            using var call = new Drafting.DraftingClient(_channel).Draft(new DraftRequest());
            await call.ResponseStream.MoveNext(default);
        }

        public async Task<(bool Ready, bool Loading)> StateAsync()
        {
            var status = await new Drafting.DraftingClient(_channel).StatusAsync(new StatusRequest());
            return (status.Ready, status.Loading);
        }

        public void Dispose() => _channel.Dispose();
    }

    /// <summary>A stage that loads and works as long as the test wants, hosted as the services are.</summary>
    private sealed class GatedService : ILoading, IAsyncDisposable
    {
        private WebApplication _app = null!;

        public TaskCompletionSource Load { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Work { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Loaded { get; private set; } = Task.CompletedTask;

        public static async Task<GatedService> StartAsync(int drainSeconds)
        {
            var service = new GatedService();
            var builder = WebApplication.CreateSlimBuilder();
            var options = new StageOptions { Host = "127.0.0.1", DrainSeconds = drainSeconds };
            builder.AddServiceDefaults("drafter", options);
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(service);
            builder.Services.AddSingleton<ILoading>(service);
            builder.Services.AddHealthOf(Drafting.Descriptor);
            service._app = builder.Build();
            service._app.MapServiceDefaults(options);
            service._app.MapGrpcService<DraftingDouble>();
            await service._app.StartAsync();
            service.Loaded = service._app.LoadAsync(service._app.Lifetime.ApplicationStopping);
            return service;
        }

        public Client Connect() => new($"http://127.0.0.1:{ServiceHost.PortOf(_app)}");

        public Task StopAsync() => _app.StopAsync();

        public Task LoadAsync(CancellationToken cancellation) => Load.Task;

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private sealed class DraftingDouble(GatedService service, Readiness readiness) : Drafting.DraftingBase
        {
            public override async Task Draft(
                DraftRequest request, IServerStreamWriter<DraftEvent> responseStream, ServerCallContext context)
            {
                service.Accepted.TrySetResult();
                await service.Work.Task.WaitAsync(context.CancellationToken).ContinueWith(
                    work => _ = work.IsCanceled && service.Cancelled.TrySetResult(), TaskScheduler.Default);
                await responseStream.WriteAsync(new DraftEvent());
            }

            public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
                => Task.FromResult(new StageStatus { Ready = readiness.IsReady, Loading = readiness.IsLoading });
        }
    }
}
