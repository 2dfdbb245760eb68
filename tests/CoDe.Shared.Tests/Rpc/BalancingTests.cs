using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Tests.Rpc;

public sealed class BalancingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task RoundRobin_OverThreeServers_GivesEachTheSame()
    {
        await using var servers = await Servers.StartAsync(3);
        using var channel = RoundRobin(servers.Ports);
        await channel.ConnectAsync();
        await AllReadyAsync(channel, servers);
        var before = servers.Calls;
        for (var i = 0; i < 30; i++)
        {
            await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        }

        Assert.Equal([10, 10, 10], servers.Calls.Zip(before, (after, earlier) => after - earlier));
    }

    [Fact]
    public async Task RoundRobin_WhenAServerIsKilledAndComesBack_GoesOnWithoutItAndThenWithIt()
    {
        await using var servers = await Servers.StartAsync(2);
        using var channel = RoundRobin(servers.Ports);
        await AllReadyAsync(channel, servers);
        await servers[0].KillAsync();
        await UntilAsync(async () =>
        {
            // A call on the connection that was cut may fail; the next are not sent there.
            await CallAsync(channel);
            var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CallAsync(channel)));
            return results.All(succeeded => succeeded);
        });
        await servers.RestartAsync(0);
        await AllReadyAsync(channel, servers);
    }

    [Fact]
    public async Task PickFirst_WhenTheFirstIsDown_TakesTheNext()
    {
        await using var servers = await Servers.StartAsync(1);
        using var channel = Channel([FreePort(), .. servers.Ports], new PickFirstConfig());
        await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        Assert.Equal(ConnectivityState.Ready, channel.State);
    }

    [Fact]
    public async Task Call_WithoutAServer_EndsAsUnavailableAndNamesTheAddress()
    {
        var port = FreePort();
        using var channel = RoundRobin([port]);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains($"127.0.0.1:{port}", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(ConnectivityState.TransientFailure, channel.State);
    }

    [Fact]
    public async Task WaitForReady_UntilAServerStarts_IsAnswered()
    {
        var port = FreePort();
        using var channel = RoundRobin([port]);
        await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()));
        var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), new CallOptions().WithWaitForReady()).ResponseAsync;
        await using var server = await RpcServer.StartAsync(new ScriptedService(), port: port);
        await call.WaitAsync(Patience);
    }

    [Fact]
    public async Task WaitForReady_UntilTheDeadline_EndsWithIt()
    {
        using var channel = RoundRobin([FreePort()]);
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100)).WithWaitForReady();
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), options));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task Channel_WhoseOnlyServerRestarts_ConnectsAgain()
    {
        await using var servers = await Servers.StartAsync(1);
        using var channel = GrpcChannel.ForAddress($"http://localhost:{servers.Ports[0]}", Quick(new GrpcChannelOptions()));
        Assert.Equal(ConnectivityState.Idle, channel.State);
        await channel.ConnectAsync();
        Assert.Equal(ConnectivityState.Ready, channel.State);
        Assert.True(await CallAsync(channel));
        await servers[0].KillAsync();
        await channel.WaitForStateChangedAsync(ConnectivityState.Ready).WaitAsync(Patience);
        await servers.RestartAsync(0);
        await UntilAsync(() => CallAsync(channel));
    }

    [Fact]
    public async Task Resolver_ThatFindsOtherServers_MovesTheCallsThere()
    {
        await using var servers = await Servers.StartAsync(2);
        var resolver = new ChangingResolver(servers.Ports[0]);
        using var channel = GrpcChannel.ForAddress("changing:///any", Quick(new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } },
            ServiceProvider = new ServiceCollection().AddSingleton<ResolverFactory>(new ChangingResolverFactory(resolver)).BuildServiceProvider(),
        }));
        Assert.True(await CallAsync(channel));
        Assert.Equal([1, 0], servers.Calls);
        resolver.Change(servers.Ports[1]);
        await UntilAsync(async () => await CallAsync(channel) && servers.Calls[1] > 0);
        var first = servers.Calls[0];
        Assert.True(await CallAsync(channel) && await CallAsync(channel));
        Assert.Equal(first, servers.Calls[0]);
        resolver.Change(null);
        Assert.True(await CallAsync(channel));
    }

    [Fact]
    public async Task Dns_LooksUpAtFirstRegularlyAndWhenAskedTo()
    {
        var lookUps = new Queue<string[]>([["10.0.0.1"], ["10.0.0.1", "10.0.0.2"], []]);
        var results = new List<ResolverResult>();
        var options = new ResolverOptions(new Uri("dns:///refiner:50052"), 80);
        var found = new SemaphoreSlim(0);
        using var resolver = new DnsResolver(options, TimeSpan.FromMilliseconds(20), TimeProvider.System, (host, _) =>
        {
            Assert.Equal("refiner", host);
            return Task.FromResult(lookUps.TryDequeue(out var addresses) ? addresses.Select(IPAddress.Parse).ToArray() : throw new SocketException((int)SocketError.HostNotFound));
        });
        resolver.Start(result =>
        {
            results.Add(result);
            found.Release();
        });
        for (var i = 0; i < 4; i++)
        {
            Assert.True(await found.WaitAsync(Patience));
        }

        Assert.Equal(["10.0.0.1:50052"], results[0].Addresses!.Select(address => address.ToString()));
        Assert.Equal(2, results[1].Addresses!.Count);
        Assert.Empty(results[2].Addresses!);
        Assert.Equal(StatusCode.Unavailable, results[3].Status.StatusCode);
    }

    [Theory]
    [InlineData("nowhere:///x", true)]
    [InlineData("dns:///localhost:1", false)]
    [InlineData("http://localhost:1", true, "ring_hash")]
    public void Channel_ThatCannotBe_IsRefused(string address, bool credentials, string? policy = null)
    {
        var options = new GrpcChannelOptions { Credentials = credentials ? ChannelCredentials.Insecure : null, ServiceConfig = new ServiceConfig() };
        if (policy is not null)
        {
            options.ServiceConfig.LoadBalancingConfigs.Add(new LoadBalancingConfig(policy));
        }

        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(address, options));
    }

    [Fact]
    public async Task Dns_OfLocalhost_IsCalled()
    {
        await using var servers = await Servers.StartAsync(1);
        using var channel = GrpcChannel.ForAddress($"dns:///localhost:{servers.Ports[0]}", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure });
        Assert.True(await CallAsync(channel));
    }

    private static async Task<bool> CallAsync(GrpcChannel channel)
    {
        try
        {
            await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(Patience);
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    private static async Task AllReadyAsync(GrpcChannel channel, Servers servers)
    {
        var before = servers.Calls;
        await UntilAsync(async () => await CallAsync(channel) && servers.Calls.Zip(before).All(pair => pair.First > pair.Second));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static GrpcChannel RoundRobin(IReadOnlyList<int> ports) => Channel(ports, new RoundRobinConfig());

    private static GrpcChannel Channel(IReadOnlyList<int> ports, LoadBalancingConfig policy)
    {
        var factory = new StaticResolverFactory(_ => ports.Select(port => new BalancerAddress("127.0.0.1", port)));
        return GrpcChannel.ForAddress("static:///servers", Quick(new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { policy } },
            ServiceProvider = new ServiceCollection().AddSingleton<ResolverFactory>(factory).BuildServiceProvider(),
        }));
    }

    private static GrpcChannelOptions Quick(GrpcChannelOptions options)
    {
        options.InitialReconnectBackoff = TimeSpan.FromMilliseconds(10);
        options.MaxReconnectBackoff = TimeSpan.FromMilliseconds(50);
        return options;
    }

    private sealed class Servers : IAsyncDisposable
    {
        private readonly List<RpcServer> _servers = [];
        private readonly List<ScriptedService> _services = [];

        public IReadOnlyList<int> Ports => [.. _servers.Select(server => server.Port)];

        public int[] Calls => [.. _services.Select(service => service.Calls)];

        public RpcServer this[int index] => _servers[index];

        public static async Task<Servers> StartAsync(int count)
        {
            var servers = new Servers();
            for (var i = 0; i < count; i++)
            {
                servers._services.Add(new ScriptedService());
                servers._servers.Add(await RpcServer.StartAsync(servers._services[i]));
            }

            return servers;
        }

        public async Task RestartAsync(int index)
        {
            await _servers[index].DisposeAsync();
            _servers[index] = await RpcServer.StartAsync(_services[index], port: _servers[index].Port);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in _servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private sealed class ChangingResolver(int port) : Resolver
    {
        private Action<ResolverResult>? _listener;

        public override void Start(Action<ResolverResult> listener)
        {
            _listener = listener;
            Change(port);
        }

        public void Change(int? port) => _listener!(port is null
            ? ResolverResult.ForFailure(new Status(StatusCode.Unavailable, "gone"))
            : ResolverResult.ForResult([new BalancerAddress("127.0.0.1", port.Value)]));
    }

    private sealed class ChangingResolverFactory(Resolver resolver) : ResolverFactory
    {
        public override string Name => "changing";

        public override Resolver Create(ResolverOptions options) => resolver;
    }
}
