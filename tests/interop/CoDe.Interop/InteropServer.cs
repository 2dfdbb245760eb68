using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoDe.Interop;

/// <summary>Serves the contract, health and reflection on loopback.</summary>
public static class InteropServer
{
    /// <param name="port">0 for any that is free.</param>
    public static async Task<WebApplication> StartAsync(int port, CancellationToken cancellation = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddGrpc(options => options.ResponseCompressionAlgorithm = "gzip");
        builder.Services.AddGrpcHealthChecks();
        builder.Services.AddGrpcReflection();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        var server = builder.Build();
        server.MapGrpcService<TestServiceImplementation>();
        server.MapGrpcHealthChecksService();
        server.MapGrpcReflectionService();
        await server.StartAsync(cancellation);
        return server;
    }
}
