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
            var entries = report.Entries.Where(entry => mapping.HealthCheckPredicate(new HealthCheckMapContext(entry.Key, entry.Value.Tags)));
            Set(mapping.Name, entries.All(entry => entry.Value.Status != HealthStatus.Unhealthy));
        }

        return Task.CompletedTask;
    }

    private async Task RunAsync(string service, CancellationToken cancellation)
    {
        if (options.Value.Services.FirstOrDefault(mapping => mapping.Name == service) is { } mapping)
        {
            var report = await checks.CheckHealthAsync(check => mapping.HealthCheckPredicate(new HealthCheckMapContext(check.Name, check.Tags)), cancellation).ConfigureAwait(false);
            Set(service, report.Status != HealthStatus.Unhealthy);
        }
    }

    private void Set(string service, bool serves)
        => health.SetStatus(service, serves && !lifetime.ApplicationStopping.IsCancellationRequested ? ServingStatus.Serving : ServingStatus.NotServing);

    private void Stop()
    {
        foreach (var mapping in options.Value.Services)
        {
            Set(mapping.Name, serves: false);
        }

        health.EndWatches();
    }
}
