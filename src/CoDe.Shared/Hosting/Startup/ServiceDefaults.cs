using CoDe.Hosting.Calls;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Listening;
using CoDe.Hosting.Options;
using CoDe.Hosting.Tls;
using CoDe.Protocol;
using CoDe.Telemetry;
using Microsoft.AspNetCore.Builder;

namespace CoDe.Hosting.Startup;

/// <summary>Adds the parts of every service: logs, ports, gRPC, readiness, health and telemetry.</summary>
public static class ServiceDefaults
{
    /// <summary>Creates a builder whose configuration is read once, as options are bound once.</summary>
    /// <remarks>
    /// Following changes of the files takes inotify instances in every process; a user has 128 of them by default.
    /// </remarks>
    public static WebApplicationBuilder CreateBuilder(string[] args)
        => WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);

    /// <param name="service">Service name, such as drafter; null for part of another service with telemetry.</param>
    /// <param name="largestMessage">Largest gRPC message that is received, in bytes.</param>
    public static void AddServiceDefaults(
        this WebApplicationBuilder builder, string? service, ServiceOptions options,
        int largestMessage = ServiceChannel.LargestMessage)
    {
        builder.AddServiceLogging();
        builder.AddServerTls(options.Tls);
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

    public static void MapServiceDefaults(this WebApplication app, ServiceOptions options)
    {
        app.UseRequestDeadline(options);
        app.MapGrpcHealthChecksService().AllowAnonymous();
        app.MapGrpcReflectionService();
    }
}
