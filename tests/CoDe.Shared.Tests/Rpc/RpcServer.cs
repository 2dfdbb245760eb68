using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoDe.Tests.Rpc;

/// <summary>A service on a loopback port, with a channel to it.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RpcServer(WebApplication app)
    {
        _app = app;
        Address = app.Urls.First();
        Channel = GrpcChannel.ForAddress(Address);
    }

    public string Address { get; }

    public int Port => new Uri(Address).Port;

    public GrpcChannel Channel { get; }

    public TestService.TestServiceClient Client => new(Channel);

    public IServiceProvider Services => _app.Services;

    public static async Task<RpcServer> StartAsync<TService>(
        TService service, Action<GrpcServiceOptions>? configure = null, int port = 0, Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
        where TService : class
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(configure ?? (_ => { }));
        builder.Services.AddSingleton(service);
        services?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<TService>();
        map?.Invoke(app);
        await app.StartAsync();
        return new RpcServer(app);
    }

    /// <summary>Stops at once: connections are cut.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await KillAsync();
        await _app.DisposeAsync();
    }
}
