using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Gateways, drafter and some refiners, each a process; the stages take a given time and compute nothing.
/// </summary>
internal sealed class SimulatedStages : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];

    private SimulatedStages(Doors doors) => Doors = doors;

    /// <summary>Gets what the processes and callers must present.</summary>
    public Doors Doors { get; }

    public IReadOnlyList<ServiceProcess> Gateways { get; private set; } = [];

    /// <summary>The first gateway, which dispatches for those that share a Redis.</summary>
    public ServiceProcess Gateway => Gateways[0];

    public ServiceProcess Drafter { get; private set; } = null!;

    public IReadOnlyList<ServiceProcess> Refiners { get; private set; } = [];

    /// <param name="options">Further options of the gateway.</param>
    public static Task<SimulatedStages> StartAsync(
        double draft, double refine, int refiners, int batch, params string[] options)
        => StartAsync(gateways: 1, isCluster: false, draft, refine, refiners, batch, options);

    /// <summary>Starts a gateway, a drafter and a refiner that take no time.</summary>
    /// <param name="doors">What the processes and callers must present; its creator disposes of it.</param>
    public static Task<SimulatedStages> StartAsync(Doors doors, int batch)
        => StartAsync(doors, gateways: 1, isCluster: false, 0, 0, refiners: 1, batch, []);

    /// <param name="isCluster">Whether the gateways share a Redis.</param>
    /// <param name="options">Further options of the gateways.</param>
    public static Task<SimulatedStages> StartAsync(
        int gateways, bool isCluster, double draft, double refine, int refiners, int batch, params string[] options)
        => StartAsync(Doors.Open(), gateways, isCluster, draft, refine, refiners, batch, options);

    private static async Task<SimulatedStages> StartAsync(
        Doors doors, int gateways, bool isCluster, double draft, double refine, int refiners, int batch,
        string[] options)
    {
        var stages = new SimulatedStages(doors) { Drafter = await StartAsync(doors, "drafter", draft, batch) };
        stages.Refiners = await Task.WhenAll(
            Enumerable.Range(0, refiners).Select(_ => StartAsync(doors, "refiner", refine, batch)));
        stages._parts.AddRange([stages.Drafter, .. stages.Refiners]);
        await stages.StartGatewaysAsync(gateways, isCluster,
        [
            $"--Gateway:LargestBatch={batch}", $"--Gateway:Drafters:0={doors.AddressOf(stages.Drafter.Port)}",
            .. stages.Refiners.Select((refiner, i) => $"--Gateway:Refiners:{i}={doors.AddressOf(refiner.Port)}"),
            .. doors.OfGateway(), .. options,
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

    private static Task<ServiceProcess> StartAsync(Doors doors, string kind, double milliseconds, int batch)
        => ServiceProcess.StartSimulatedStageAsync(
            kind, milliseconds,
            ["--largest-batch", $"{batch}", "--queue-limit", "1000", .. doors.OfSimulatedStage()]);

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
