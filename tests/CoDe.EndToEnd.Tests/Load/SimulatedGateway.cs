using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Load;

/// <summary>A gateway with a drafter and a refiner that take 10 ms for a batch.</summary>
public sealed class SimulatedGateway : IAsyncLifetime
{
    private ServiceProcess _drafter = null!;
    private ServiceProcess _refiner = null!;
    private ServiceProcess _gateway = null!;

    public string Address => $"http://127.0.0.1:{_gateway.Port}";

    public int RefinerPort => _refiner.Port;

    public async Task InitializeAsync()
    {
        _drafter = await ServiceProcess.StartSimulatedStageAsync("drafter", 10);
        _refiner = await ServiceProcess.StartSimulatedStageAsync("refiner", 10);
        _gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{_drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{_refiner.Port}");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _refiner.DisposeAsync();
        await _drafter.DisposeAsync();
    }
}
