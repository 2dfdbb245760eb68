using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;

namespace CoDe.Resilience.Kills;

/// <summary>
/// Gateway, its only drafter and two refiners, each a process. The drafter, one refiner and the clients are behind
/// relays.
/// </summary>
internal sealed class FailingServices : IAsyncDisposable
{
    /// <summary>Number of cuts, enough that some find calls in progress.</summary>
    private const int Cuts = 10;

    private static readonly TimeSpan Away = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenCuts = TimeSpan.FromMilliseconds(130);

    private readonly TcpRelay _toDrafter;
    private readonly TcpRelay _toRefiner;
    private readonly TcpRelay _toGateway;
    private readonly ServiceProcess _gateway;
    private readonly ServiceProcess _refiner;
    private ServiceProcess _drafter;
    private ServiceProcess _killed;

    private FailingServices(
        ServiceProcess drafter, ServiceProcess killed, ServiceProcess refiner,
        ServiceProcess gateway, TcpRelay toDrafter, TcpRelay toRefiner, Doors doors)
    {
        Doors = doors;
        (_drafter, _killed, _refiner, _gateway, _toDrafter, _toRefiner) =
            (drafter, killed, refiner, gateway, toDrafter, toRefiner);
        _toGateway = new TcpRelay(gateway.Port);
    }

    public Doors Doors { get; }

    /// <summary>Port of the gateway, behind its relay.</summary>
    public int Port => _toGateway.Port;

    /// <summary>Failures in the order in which they happen.</summary>
    public IReadOnlyList<FailureEvent> Events =>
    [
        new("SIGKILL of one of two refiners", () => _killed.KillAsync()),
        new("that refiner started again", async () =>
            _killed = await RestartAsync(_killed, Doors.OfStage("Refiner"), ServiceProcess.StartRefinerAsync)),
        new($"SIGKILL of the only drafter, started again {Away.TotalSeconds:N0} s later", async () =>
        {
            await _drafter.KillAsync();
            await Task.Delay(Away);
            _drafter = await RestartAsync(_drafter, Doors.OfStage("Drafter"), ServiceProcess.StartDrafterAsync);
        }),
        new($"connections to the only drafter cut {Cuts} times", () => CutAsync(_toDrafter)),
        new($"connections to a refiner cut {Cuts} times", () => CutAsync(_toRefiner)),
        new($"connections of all clients cut {Cuts} times", () => CutAsync(_toGateway), IsBeforeGateway: true),
    ];

    /// <param name="doors">What the processes and callers must present; goes with the services.</param>
    public static async Task<FailingServices> StartAsync(Doors doors)
    {
        var drafter = await ServiceProcess.StartDrafterAsync(0, doors.OfStage("Drafter"));
        var killed = await ServiceProcess.StartRefinerAsync(0, doors.OfStage("Refiner"));
        var refiner = await ServiceProcess.StartRefinerAsync(0, doors.OfStage("Refiner"));
        var (toDrafter, toRefiner) = (new TcpRelay(drafter.Port), new TcpRelay(refiner.Port));
        var gateway = await ServiceProcess.StartGatewayAsync(
        [
            $"--Gateway:Drafters:0={doors.AddressOf(toDrafter.Port)}",
            $"--Gateway:Refiners:0={doors.AddressOf(killed.Port)}",
            $"--Gateway:Refiners:1={doors.AddressOf(toRefiner.Port)}", .. doors.OfGateway(),
        ]);
        return new FailingServices(drafter, killed, refiner, gateway, toDrafter, toRefiner, doors);
    }

    public async ValueTask DisposeAsync()
    {
        IAsyncDisposable[] parts = [_gateway, _drafter, _killed, _refiner, _toGateway, _toDrafter, _toRefiner];
        foreach (var each in parts)
        {
            await each.DisposeAsync();
        }

        Doors.Dispose();
    }

    private static async Task<ServiceProcess> RestartAsync(
        ServiceProcess ended, string[] options, Func<int, string[], Task<ServiceProcess>> start)
    {
        var port = ended.Port;
        await ended.DisposeAsync();
        return await start(port, options);
    }

    private static async Task CutAsync(TcpRelay relay)
    {
        for (var cut = 1; cut <= Cuts; cut++)
        {
            relay.Cut();
            await Task.Delay(BetweenCuts);
        }
    }
}
