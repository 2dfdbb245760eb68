using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CoDe.Tests.Rpc;

/// <summary>Connections that are encrypted, fall silent, or are another's to make.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task Https_IsCalledByItsName()
    {
        using var certificate = SelfSigned("localhost");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new ScriptedService { Unary = (_, _, context) => Task.FromResult(new SimpleResponse { Username = context.Host.Split(':')[0] }) });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate).Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.MapGrpcService<ScriptedService>();
        await app.StartAsync();
        var asked = "";
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (sender, presented, _, _) =>
        {
            asked = ((SslStream)sender).TargetHostName;
            return certificate.Equals(presented);
        };
        using var channel = GrpcChannel.ForAddress($"https://localhost:{new Uri(app.Urls.First()).Port}", new GrpcChannelOptions { HttpHandler = handler });
        Assert.Equal("localhost", (await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest())).Username);
        Assert.Equal("localhost", asked);
    }

    [Fact]
    public void Credentials_ThatDoNotFitTheAddress_AreRefused()
        => Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));

    [Fact]
    public async Task Keepalive_WhenTheServerFallsSilent_EndsTheCall()
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService { Duplex = (requests, _, context) => requests.MoveNext(context.CancellationToken) });
        using var relay = new Relay(server.Port);
        using var handler = new SocketsHttpHandler { KeepAlivePingDelay = TimeSpan.FromSeconds(1), KeepAlivePingTimeout = TimeSpan.FromSeconds(1) };
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{relay.Port}", new GrpcChannelOptions { HttpHandler = handler });
        await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall();
        relay.FallSilent();
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Handler_ThatConnectsByItself_IsLeftTo()
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                Assert.Equal("elsewhere", context.DnsEndPoint.Host);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, server.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://elsewhere:1", new GrpcChannelOptions { HttpHandler = handler });
        await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        Assert.Throws<InvalidOperationException>(() => channel.State);
    }

    [Fact]
    public async Task Channels_ThatShareAHandler_BothConnect()
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        await using var other = await RpcServer.StartAsync(new ScriptedService());
        using var handler = new SocketsHttpHandler();
        foreach (var address in new[] { server.Address, other.Address })
        {
            using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
            await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        }
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create();
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>Passes bytes between a client and a server until it is told not to.</summary>
    private sealed class Relay : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _silence = new();
        private readonly int _server;

        public Relay(int server)
        {
            _server = server;
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void FallSilent() => _silence.Cancel();

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            while (!_silence.IsCancellationRequested)
            {
                var (client, server) = (await _listener.AcceptTcpClientAsync(_silence.Token), new TcpClient());
                await server.ConnectAsync(IPAddress.Loopback, _server);
                _ = client.GetStream().CopyToAsync(server.GetStream(), _silence.Token);
                _ = server.GetStream().CopyToAsync(client.GetStream(), _silence.Token);
            }
        }
    }
}
