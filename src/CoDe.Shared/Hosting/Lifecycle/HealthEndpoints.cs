using Grpc.AspNetCore.HealthChecks;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Protobuf = Google.Protobuf.Reflection;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Liveness and readiness of a service, over gRPC and over HTTP.</summary>
public static class HealthEndpoints
{
    private const string Process = "";
    private const string Check = "ready";

    internal static void AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddGrpcHealthChecks().AddCheck<ReadinessCheck>(Check);
        builder.Services.AddHealthOf(Process);
    }

    /// <summary>Answers gRPC health requests for a service by its full name, such as <c>code.v1.Drafting</c>.</summary>
    public static void AddHealthOf(this IServiceCollection services, Protobuf.ServiceDescriptor service)
        => services.AddHealthOf(service.FullName);

    /// <summary>
    /// Maps <c>/health/live</c>, healthy while the process answers, and <c>/health/ready</c>, healthy while it takes
    /// work.
    /// </summary>
    public static void MapHealthEndpoints(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        endpoints.MapHealthChecks("/health/ready");
    }

    /// <summary>Reports SERVING to watchers of the process and of each of its services.</summary>
    internal static void ReportServing(this IServiceProvider services)
    {
        var health = services.GetRequiredService<HealthServiceImpl>();
        foreach (var mapping in services.GetRequiredService<IOptions<GrpcHealthChecksOptions>>().Value.Services)
        {
            health.SetStatus(mapping.Name, HealthCheckResponse.Types.ServingStatus.Serving);
        }
    }

    /// <summary>Maps a name to readiness alone; the gateway's check of its stages is for HTTP.</summary>
    private static void AddHealthOf(this IServiceCollection services, string name)
        => services.Configure<GrpcHealthChecksOptions>(grpc => grpc.Services.Map(name, check => check.Name == Check));
}
