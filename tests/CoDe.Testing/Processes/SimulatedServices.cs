using CoDe.Testing.Certificates;

namespace CoDe.Testing.Processes;

/// <summary>
/// Gateway in front of stages that wait instead of computing, so that a measurement is of the gateway and not of how
/// client and models share a machine.
/// </summary>
public sealed class SimulatedServices : IAsyncDisposable
{
    private readonly ServiceProcess _drafter;
    private readonly ServiceProcess _refiner;
    private readonly ServiceProcess _gateway;

    private SimulatedServices(ServiceProcess drafter, ServiceProcess refiner, ServiceProcess gateway)
        => (_drafter, _refiner, _gateway) = (drafter, refiner, gateway);

    /// <summary>The gateway's.</summary>
    public int Port => _gateway.Port;

    /// <summary>The gateway's.</summary>
    public Uri HttpAddress => _gateway.HttpAddress;

    public int RefinerPort => _refiner.Port;

    /// <param name="milliseconds">Of a batch in each stage.</param>
    /// <param name="doors">What the processes and callers must present; its creator disposes of it.</param>
    public static async Task<SimulatedServices> StartAsync(double milliseconds, Doors doors)
    {
        var drafter = await ServiceProcess.StartSimulatedStageAsync(
            "drafter", milliseconds, doors.OfSimulatedStage());
        var refiner = await ServiceProcess.StartSimulatedStageAsync(
            "refiner", milliseconds, doors.OfSimulatedStage());
        var gateway = await ServiceProcess.StartGatewayAsync(
        [
            $"--Gateway:Drafters:0={doors.AddressOf(drafter.Port)}",
            $"--Gateway:Refiners:0={doors.AddressOf(refiner.Port)}", .. doors.OfGateway(),
        ]);
        return new SimulatedServices(drafter, refiner, gateway);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _refiner.DisposeAsync();
        await _drafter.DisposeAsync();
    }
}
