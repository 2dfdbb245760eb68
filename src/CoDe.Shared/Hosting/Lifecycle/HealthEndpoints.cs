using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Liveness and readiness of a service, over gRPC and over HTTP.</summary>
public static class HealthEndpoints
{
    internal static void AddHealth(this WebApplicationBuilder builder)
        => builder.Services.AddGrpcHealthChecks().AddCheck<ReadinessCheck>("ready");

    /// <summary>
    /// Maps <c>/health/live</c>, which answers while the process does, and <c>/health/ready</c>, which says whether
    /// it takes work.
    /// </summary>
    public static void MapHealthEndpoints(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        endpoints.MapHealthChecks("/health/ready");
    }
}
