using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoDe.Interop;

/// <summary>Serves the contract, health and reflection on loopback.</summary>
public static class InteropServer
{
    private const int StreamsPerConnectionWindow = 4;

    /// <param name="port">0 for any that is free.</param>
    /// <param name="window">Bytes that a client may send ahead on a stream; null for Kestrel's.</param>
    public static async Task<WebApplication> StartAsync(int port, int? window = null, CancellationToken cancellation = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddGrpc(options => options.ResponseCompressionAlgorithm = "gzip");
        builder.Services.AddGrpcHealthChecks().AddCheck("serving", () => HealthCheckResult.Healthy());
        builder.Services.AddGrpcReflection();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (window is not null)
            {
                kestrel.Limits.Http2.InitialStreamWindowSize = window.Value;
                kestrel.Limits.Http2.InitialConnectionWindowSize = StreamsPerConnectionWindow * window.Value;
            }

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
