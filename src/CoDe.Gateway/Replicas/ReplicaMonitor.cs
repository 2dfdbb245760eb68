using CoDe.Gateway.Embedded;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Tls;

namespace CoDe.Gateway.Replicas;

/// <summary>
/// Finds the replicas of both stages when the gateway starts, after loading stages that run in its process, and probes
/// them until it has drained.
/// </summary>
/// <param name="embedded">Null where addresses are configured.</param>
internal sealed class ReplicaMonitor(
    GatewayOptions options, EmbeddedStages? embedded, ReplicaPool drafters, ReplicaPool refiners, PeerTls tls,
    TimeProvider time, ILogger<ReplicaMonitor> logger) : BackgroundService, ILoading, IAsyncDisposable
{
    private readonly TaskCompletionSource _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (ReplicaPool Pool, ReplicaProbe Probe)[] _probes = [];

    public async Task LoadAsync(CancellationToken cancellation)
    {
        await (embedded?.LoadAsync(cancellation) ?? Task.CompletedTask);
        _probes =
        [
            (drafters, new ReplicaProbe(
                drafters, Addresses(options.Drafters), StageClient.DrafterStatusAsync, tls, time, logger)),
            (refiners, new ReplicaProbe(
                refiners, Addresses(options.Refiners), StageClient.RefinerStatusAsync, tls, time, logger)),
        ];
        await Task.WhenAll(_probes.Select(each => each.Probe.ProbeAsync(cancellation)));
        _found.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        base.Dispose();
        await (embedded?.DisposeAsync() ?? ValueTask.CompletedTask);
        GC.SuppressFinalize(this);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _found.Task.WaitAsync(stoppingToken);
        await Task.WhenAll(_probes.Select(each => RunAsync(each.Pool, each.Probe, stoppingToken)));
    }

    private async Task RunAsync(ReplicaPool pool, ReplicaProbe probe, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(ReplicaProbe.Period, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await probe.ProbeAsync(cancellation);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                logger.ProbeFailed(pool.Stage, error);
            }
        }
    }

    private IReadOnlyList<string> Addresses(IList<string> configured)
        => embedded is null ? [.. configured] : [embedded.Address];
}
