using CoDe.Testing.Processes;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Gateways, drafter and some refiners, each a process; the stages take a given time and compute nothing.
/// </summary>
internal sealed class SimulatedStages : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];

    private SimulatedStages()
    {
    }

    public IReadOnlyList<ServiceProcess> Gateways { get; private set; } = [];

    /// <summary>The first gateway, which dispatches for those that share a Redis.</summary>
    public ServiceProcess Gateway => Gateways[0];

    public ServiceProcess Drafter { get; private set; } = null!;

    public IReadOnlyList<ServiceProcess> Refiners { get; private set; } = [];

    /// <param name="options">Further options of the gateway.</param>
    public static Task<SimulatedStages> StartAsync(
        double draft, double refine, int refiners, int batch, params string[] options)
        => StartAsync(gateways: 1, isCluster: false, draft, refine, refiners, batch, options);

    /// <param name="isCluster">Whether the gateways share a Redis.</param>
    /// <param name="options">Further options of the gateways.</param>
    public static async Task<SimulatedStages> StartAsync(
        int gateways, bool isCluster, double draft, double refine, int refiners, int batch, params string[] options)
    {
        var stages = new SimulatedStages { Drafter = await StartAsync("drafter", draft, batch) };
        stages.Refiners = await Task.WhenAll(
            Enumerable.Range(0, refiners).Select(_ => StartAsync("refiner", refine, batch)));
        stages._parts.AddRange([stages.Drafter, .. stages.Refiners]);
        await stages.StartGatewaysAsync(gateways, isCluster,
        [
            $"--Gateway:LargestBatch={batch}", $"--Gateway:Drafters:0=http://127.0.0.1:{stages.Drafter.Port}",
            .. stages.Refiners.Select((refiner, i) => $"--Gateway:Refiners:{i}=http://127.0.0.1:{refiner.Port}"),
            .. options,
        ]);
        return stages;
    }

    public async ValueTask DisposeAsync()
    {
        _parts.Reverse();
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private static Task<ServiceProcess> StartAsync(string kind, double milliseconds, int batch)
        => ServiceProcess.StartSimulatedStageAsync(
            kind, milliseconds, "--largest-batch", $"{batch}", "--queue-limit", "1000");

    private async Task StartGatewaysAsync(int gateways, bool isCluster, string[] options)
    {
        string[] cluster = [];
        if (isCluster)
        {
            var redis = await RedisServer.StartAsync();
            _parts.Add(redis);
            cluster = [redis.Setting, "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0"];
        }

        while (Gateways.Count < gateways)
        {
            var gateway = await ServiceProcess.StartGatewayAsync([.. options, .. cluster]);
            _parts.Add(gateway);
            Gateways = [.. Gateways, gateway];
        }
    }
}
