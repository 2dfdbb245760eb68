using CoDe.Gateway.Embedded;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>Finds the stages when the gateway starts, after loading those that run in its process, and follows how they stand until it has ended.</summary>
/// <param name="embedded">Null where others are configured.</param>
internal sealed class StageConnections(
    GatewayOptions options, EmbeddedStages? embedded, ReplicaPool drafters, ReplicaPool refiners, IHostApplicationLifetime lifetime, ILogger<StageConnections> logger) : ILoading, IAsyncDisposable
{
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await (embedded?.LoadAsync(cancellation) ?? Task.CompletedTask);
        ReplicaProbe[] probes =
        [
            new(drafters, Addresses(options.Drafters), async (replica, call) => await new Drafting.DraftingClient(replica.Channel).StatusAsync(new StatusRequest(), call), logger),
            new(refiners, Addresses(options.Refiners), async (replica, call) => await new Refining.RefiningClient(replica.Channel).StatusAsync(new StatusRequest(), call), logger),
        ];
        await Task.WhenAll(probes.Select(probe => probe.ProbeAsync(cancellation)));
        foreach (var probe in probes)
        {
            _ = probe.RunAsync(lifetime.ApplicationStopped);
        }
    }

    public ValueTask DisposeAsync() => embedded?.DisposeAsync() ?? ValueTask.CompletedTask;

    private IReadOnlyList<string> Addresses(IList<string> configured) => embedded is null ? [.. configured] : [embedded.Address];
}
