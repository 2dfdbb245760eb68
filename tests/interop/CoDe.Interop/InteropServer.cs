using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoDe.Interop;

/// <summary>Serves the contract, health and reflection on loopback.</summary>
public static class InteropServer
{
    /// <summary>A message of the largest size in flight on each of several streams.</summary>
    private const int StreamWindow = 4 << 20;

    private const int ConnectionWindow = 4 * StreamWindow;

    /// <param name="port">0 for any that is free.</param>
    public static async Task<WebApplication> StartAsync(int port, CancellationToken cancellation = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddGrpc(options => options.ResponseCompressionAlgorithm = "gzip");
        builder.Services.AddGrpcHealthChecks().AddCheck("serving", () => HealthCheckResult.Healthy());
        builder.Services.AddGrpcReflection();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var server = builder.Build();
        server.MapGrpcService<TestServiceImplementation>();
        server.MapGrpcHealthChecksService();
        server.MapGrpcReflectionService();
        await server.StartAsync(cancellation);
        return server;
    }
}
