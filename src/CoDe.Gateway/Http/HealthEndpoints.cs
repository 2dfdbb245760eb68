using System.Text;
using CoDe.Flow;
using CoDe.Gateway.Replicas;

namespace CoDe.Gateway.Http;

/// <summary>Liveness and readiness endpoints.</summary>
internal static class HealthEndpoints
{
    private static readonly byte[] Live = Encoding.UTF8.GetBytes("""{"status":"live"}""");
    private static readonly byte[] Ready = Encoding.UTF8.GetBytes("""{"status":"ready"}""");

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var readiness = endpoints.ServiceProvider.GetRequiredService<StageReadiness>();
        endpoints.MapMethods("/health/live", PageEndpoints.Reading, http => http.Response.WriteAsync("application/json", Live));
        endpoints.MapMethods("/health/ready", PageEndpoints.Reading, http => readiness.Obstacle() is { } obstacle
            ? throw new NotReadyException(obstacle) : http.Response.WriteAsync("application/json", Ready));
    }
}
