using CoDe.Testing.Processes;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Gateway, drafter and some refiners, each a process; the stages take a given time and compute nothing.
/// </summary>
internal sealed class SimulatedStages : IAsyncDisposable
{
    private readonly ServiceProcess[] _refiners;

    private SimulatedStages(ServiceProcess gateway, ServiceProcess drafter, ServiceProcess[] refiners)
        => (Gateway, Drafter, _refiners) = (gateway, drafter, refiners);

    public ServiceProcess Gateway { get; }

    public ServiceProcess Drafter { get; }

    public IReadOnlyList<ServiceProcess> Refiners => _refiners;

    /// <param name="options">Further options of the gateway.</param>
    public static async Task<SimulatedStages> StartAsync(
        double draft, double refine, int refiners, int batch, params string[] options)
    {
        var drafter = await StartAsync("drafter", draft, batch);
        var started = await Task.WhenAll(
            Enumerable.Range(0, refiners).Select(_ => StartAsync("refiner", refine, batch)));
        var gateway = await ServiceProcess.StartGatewayAsync(
        [
            $"--Gateway:LargestBatch={batch}", $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            .. started.Select((refiner, index) => $"--Gateway:Refiners:{index}=http://127.0.0.1:{refiner.Port}"),
            .. options,
        ]);
        return new SimulatedStages(gateway, drafter, started);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Drafter.DisposeAsync();
        await Task.WhenAll(_refiners.Select(refiner => refiner.DisposeAsync().AsTask()));
    }

    private static Task<ServiceProcess> StartAsync(string kind, double milliseconds, int batch)
        => ServiceProcess.StartSimulatedStageAsync(
            kind, milliseconds, "--largest-batch", $"{batch}", "--queue-limit", "1000");
}
