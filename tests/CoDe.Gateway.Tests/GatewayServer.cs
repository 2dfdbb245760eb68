using System.Net;
using System.Net.Sockets;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace CoDe.Gateway.Tests;

/// <summary>The gateway on free ports, with a client for each.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;
    private bool _isDisposed;

    private GatewayServer(WebApplication app)
    {
        _app = app;
        Http.BaseAddress = new Uri(app.Urls.Last());
        _channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{ServiceHost.PortOf(app)}", new GrpcChannelOptions { MaxReceiveMessageSize = null });
    }

    public Generation.GenerationClient Client => new(_channel);

    public Protocol.V1.Jobs.JobsClient Jobs => new(_channel);

    /// <summary>Makes calls with a key or a token.</summary>
    public CallInvoker As(string credential) => With("authorization", $"Bearer {credential}");

    /// <summary>Makes calls with a header.</summary>
    public CallInvoker With(string header, string value) => _channel.Intercept(metadata =>
    {
        metadata.Add(header, value);
        return metadata;
    });

    /// <summary>Makes calls without credentials.</summary>
    public CallInvoker Calls => _channel.CreateCallInvoker();

    /// <summary>Opens a channel from an address of loopback, so that its calls are those of another caller.</summary>
    public GrpcChannel ConnectFrom(IPAddress address) => GrpcChannel.ForAddress(
        $"http://{_channel.Target}",
        new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (context, cancellation) =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(address, 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });

    /// <summary>Client of the HTTP port, if there is one.</summary>
    public HttpClient Http { get; } = new();

    public IHostApplicationLifetime Lifetime => _app.Lifetime;

    public IServiceProvider Services => _app.Services;

    public IReadOnlyList<Uri> Addresses => [.. _app.Urls.Select(url => new Uri(url))];

    public static async Task<GatewayServer> StartAsync(
        IEnumerable<string> drafters, IEnumerable<string> refiners, params string[] options)
    {
        string[] args =
        [
            "--Gateway:Port=0", "--Gateway:HttpPort=0", "--Gateway:Host=127.0.0.1",
            "--Logging:LogLevel:Default=None", "--Gateway:DrainSeconds=1", .. options,
            .. drafters.Select((address, index) => $"--Gateway:Drafters:{index}={address}"),
            .. refiners.Select((address, index) => $"--Gateway:Refiners:{index}={address}"),
        ];
        var app = GatewayHost.Create(args);
        await app.StartAndLoadAsync();
        return new GatewayServer(app);
    }

    /// <summary>Stops the gateway as a shutdown does; a second time has no effect.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _channel.Dispose();
        await _app.StopAsync();
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
