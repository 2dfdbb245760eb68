using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;

namespace CoDe.Resilience.Overload;

/// <summary>
/// Gateway in front of stages that wait instead of computing, so that the measurement is of the gateway and not of how
/// client and models share a machine.
/// </summary>
internal sealed class SimulatedServices : IAsyncDisposable
{
    private readonly ServiceProcess[] _processes;

    private SimulatedServices(ServiceProcess[] processes) => _processes = processes;

    /// <summary>The gateway's.</summary>
    public int Port => _processes[^1].Port;

    /// <param name="milliseconds">Of a batch in each stage.</param>
    /// <param name="doors">What the processes and callers must present.</param>
    public static async Task<SimulatedServices> StartAsync(double milliseconds, Doors doors)
    {
        var drafter = await ServiceProcess.StartSimulatedStageAsync("drafter", milliseconds, doors.OfSimulatedStage());
        var refiner = await ServiceProcess.StartSimulatedStageAsync("refiner", milliseconds, doors.OfSimulatedStage());
        var gateway = await ServiceProcess.StartGatewayAsync(
        [
            $"--Gateway:Drafters:0={doors.AddressOf(drafter.Port)}",
            $"--Gateway:Refiners:0={doors.AddressOf(refiner.Port)}", .. doors.OfGateway(),
        ]);
        return new SimulatedServices([drafter, refiner, gateway]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Reverse())
        {
            await process.DisposeAsync();
        }
    }
}
