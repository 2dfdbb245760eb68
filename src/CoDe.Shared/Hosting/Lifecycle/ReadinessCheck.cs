using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoDe.Hosting.Lifecycle;

/// <summary>The health of a service: whether it takes work.</summary>
internal sealed class ReadinessCheck(Readiness readiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(readiness.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
