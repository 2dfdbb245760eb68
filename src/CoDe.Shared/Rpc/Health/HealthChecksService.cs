using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>
/// The health service over the application's health checks: <c>Check</c> runs them, <c>Watch</c> follows what is published of them. When the
/// application stops, watchers are told that it does not serve, and are let go.
/// </summary>
internal sealed class HealthChecksService(
    HealthServiceImpl health, HealthCheckService checks, IOptions<GrpcHealthChecksOptions> options, IHostApplicationLifetime lifetime)
    : Health.V1.Health.HealthBase, IHealthCheckPublisher
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        await RunAsync(request.Service, context.CancellationToken).ConfigureAwait(false);
        return await health.Check(request, context).ConfigureAwait(false);
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        await RunAsync(request.Service, context.CancellationToken).ConfigureAwait(false);
        using var stopping = lifetime.ApplicationStopping.Register(Stop);
        await health.Watch(request, responseStream, context).ConfigureAwait(false);
    }

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            Tell(mapping.Name, report.Entries.Where(entry => mapping.HealthCheckPredicate(new HealthCheckMapContext(entry.Key, entry.Value.Tags))));
        }

        return Task.CompletedTask;
    }

    private async Task RunAsync(string service, CancellationToken cancellation)
    {
        if (options.Value.Services.FirstOrDefault(mapping => mapping.Name == service) is { } mapping)
        {
            var report = await checks.CheckHealthAsync(check => mapping.HealthCheckPredicate(new HealthCheckMapContext(check.Name, check.Tags)), cancellation).ConfigureAwait(false);
            Tell(service, report.Entries);
        }
    }

    /// <summary>A service serves while none of its checks says otherwise; without checks nothing is known.</summary>
    private void Tell(string service, IEnumerable<KeyValuePair<string, HealthReportEntry>> entries)
    {
        var statuses = entries.Select(entry => entry.Value.Status).ToArray();
        health.SetStatus(service, lifetime.ApplicationStopping.IsCancellationRequested || statuses.Contains(HealthStatus.Unhealthy) ? ServingStatus.NotServing
            : statuses.Length == 0 ? ServingStatus.Unknown : ServingStatus.Serving);
    }

    private void Stop()
    {
        foreach (var mapping in options.Value.Services)
        {
            health.SetStatus(mapping.Name, ServingStatus.NotServing);
        }

        health.EndWatches();
    }
}
