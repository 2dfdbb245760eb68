using CoDe.Gateway.Replicas;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoDe.Gateway.Http;

/// <summary>Reports whether the gateway has stages to serve with, and what stands in the way.</summary>
internal sealed class StageHealthCheck(StageReadiness readiness) : IHealthCheck
{
    /// <summary>Marks the checks of <c>/health/ready</c>.</summary>
    public const string Tag = "ready";

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var obstacle = readiness.Obstacle();
        return Task.FromResult(obstacle is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(obstacle));
    }
}
