using System.Text;
using CoDe.Gateway.Http.OpenApi;
using Grpc.Core;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoDe.Gateway.Http;

/// <summary>Liveness and readiness endpoints.</summary>
internal static class HealthEndpoints
{
    /// <summary>Adds the check of the stages, for HTTP alone: that of gRPC is about this service.</summary>
    public static void AddHealth(this IServiceCollection services)
        => services.AddHealthChecks().AddCheck<StageHealthCheck>("stages", tags: [StageHealthCheck.Tag]);

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealth("/health/live", _ => false, """{"status":"live"}""")
            .WithMetadata(EndpointDescriptions.Live);
        endpoints.MapHealth("/health/ready", IsOfStages, """{"status":"ready"}""")
            .WithMetadata(EndpointDescriptions.Ready);
    }

    private static bool IsOfStages(HealthCheckRegistration check) => check.Tags.Contains(StageHealthCheck.Tag);

    private static IEndpointConventionBuilder MapHealth(
        this IEndpointRouteBuilder endpoints, string path, Func<HealthCheckRegistration, bool> checks, string healthy)
    {
        var body = Encoding.UTF8.GetBytes(healthy);
        var options = new HealthCheckOptions
        {
            Predicate = checks,
            // Leaves Cache-Control as it is for every answer.
            AllowCachingResponses = true,
            ResponseWriter = (http, report) => WriteAsync(http.Response, report, body),
        };
        return endpoints.MapHealthChecks(path, options)
            .WithMetadata(new HttpMethodMetadata(PageEndpoints.Reading)).AllowAnonymous();
    }

    private static Task WriteAsync(HttpResponse response, HealthReport report, byte[] healthy)
    {
        if (report.Status == HealthStatus.Healthy)
        {
            return response.WriteAsync(ContentNegotiation.Json, healthy);
        }

        var reasons = report.Entries.Values.Select(entry => entry.Description);
        return response.WriteErrorAsync(new Status(StatusCode.Unavailable, string.Join(' ', reasons)));
    }
}
