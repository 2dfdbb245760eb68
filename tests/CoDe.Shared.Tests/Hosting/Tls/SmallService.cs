using System.Security.Cryptography.X509Certificates;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Listening;
using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using CoDe.Hosting.Tls;
using CoDe.Protocol;
using CoDe.Testing.Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoDe.Shared.Tests.Hosting.Tls;

/// <summary>A service on free ports of loopback that has what every service has, and nothing else.</summary>
internal sealed class SmallService : IAsyncDisposable
{
    public const string Section = "Small";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;

    private SmallService(WebApplication app) => _app = app;

    public int Port => ServiceHost.PortOf(_app);

    public Uri Http => new(_app.Urls.Last());

    public static async Task<SmallService> StartAsync(params string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(
            [$"--{Section}:HttpPort=0", .. settings, "--Logging:LogLevel:Default=None"]);
        var options = builder.AddServiceOptions(Section, new SmallOptions());
        builder.AddServiceDefaults("small", options);
        var app = builder.Build();
        app.UseHttpPort("small", options, http =>
        {
            http.UseRouting();
            http.UseEndpoints(endpoints => endpoints.MapHealthEndpoints());
        });
        app.MapServiceDefaults(options);
        await app.StartAndLoadAsync();
        return new SmallService(app);
    }

    /// <summary>Starts one with a certificate, and authorities of its callers where there are any.</summary>
    public static Task<SmallService> StartAsync(CertificateFiles certificate, string clients = "")
        => StartAsync(
            $"--{Section}:Tls:Certificate={certificate.Certificate}", $"--{Section}:Tls:Key={certificate.Key}",
            $"--{Section}:Tls:ClientAuthority={clients}");

    /// <summary>Opens a channel to the gRPC port with TLS.</summary>
    /// <param name="authority">PEM file of the authority that is trusted.</param>
    /// <param name="certificate">Presented where it is given.</param>
    public GrpcChannel Connect(string authority, CertificateFiles? certificate = null)
    {
        var tls = PeerTls.Create(
            new PeerOptions
            {
                Certificate = certificate?.Certificate ?? "",
                Key = certificate?.Key ?? "",
                Authority = authority,
            },
            NullLogger.Instance);
        return ServiceChannel.Open(
            $"https://localhost:{Port}", Patience, (address, token) => tls.ConnectAsync(address, address.Host, token));
    }

    /// <summary>Makes a client of the HTTP port.</summary>
    /// <param name="authority">PEM file of the authority that is trusted.</param>
    public static HttpClient HttpClientOf(string authority)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authority) },
        };
        return new HttpClient(handler);
    }

    /// <summary>Asks over gRPC for the health.</summary>
    /// <returns>OK, or the status of the failure.</returns>
    public static async Task<StatusCode> AskAsync(GrpcChannel channel)
    {
        try
        {
            var health = new Health.HealthClient(channel);
            await health.CheckAsync(
                new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class SmallOptions : ServiceOptions
    {
    }
}
