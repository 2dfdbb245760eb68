using CoDe.Hosting.Calls;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Listening;
using CoDe.Hosting.Options;
using CoDe.Protocol;
using CoDe.Telemetry;
using Microsoft.AspNetCore.Builder;

namespace CoDe.Hosting.Startup;

/// <summary>Sets up what every service has: logs, ports, gRPC, readiness, health and telemetry.</summary>
public static class ServiceDefaults
{
    /// <param name="service">The service, such as drafter; null for part of another, whose telemetry includes it.</param>
    /// <param name="largestMessage">Largest gRPC message that is received, in bytes.</param>
    public static void AddServiceDefaults(
        this WebApplicationBuilder builder, string? service, ServiceOptions options, int largestMessage = ServiceChannel.LargestMessage)
    {
        builder.AddServiceLogging();
        builder.AddGrpcPort(options);
        builder.AddHttpPort(options);
        builder.AddGrpcCalls(largestMessage);
        builder.AddReadiness(options);
        builder.AddHealth();
        if (service is not null)
        {
            builder.AddTelemetry($"code-{service}", options.HttpPortNumber is not null);
        }
    }

    public static void MapServiceDefaults(this WebApplication app)
    {
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
    }
}
