using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Load;

/// <summary>A gateway with a drafter and a refiner that take 10 ms for a batch.</summary>
public sealed class SimulatedGateway : IAsyncLifetime
{
    private readonly Doors _doors = Doors.Open();
    private SimulatedServices _services = null!;

    public string Address => _doors.AddressOf(_services.Port);

    public int RefinerPort => _services.RefinerPort;

    public async Task InitializeAsync() => _services = await SimulatedServices.StartAsync(10, _doors);

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        _doors.Dispose();
    }
}
