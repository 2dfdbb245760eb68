using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Health check of a service: healthy when ready.</summary>
internal sealed class ReadinessCheck(Readiness readiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(readiness.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
