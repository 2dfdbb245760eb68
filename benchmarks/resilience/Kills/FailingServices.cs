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
        ServiceProcess gateway, TcpRelay toDrafter, TcpRelay toRefiner)
    {
        (_drafter, _killed, _refiner, _gateway, _toDrafter, _toRefiner) =
            (drafter, killed, refiner, gateway, toDrafter, toRefiner);
        _toGateway = new TcpRelay(gateway.Port);
    }

    /// <summary>Port of the gateway, behind its relay.</summary>
    public int Port => _toGateway.Port;

    /// <summary>Failures in the order in which they happen.</summary>
    public IReadOnlyList<FailureEvent> Events =>
    [
        new("SIGKILL of one of two refiners", () => _killed.KillAsync()),
        new("that refiner started again", async () =>
            _killed = await RestartAsync(_killed, ServiceProcess.StartRefinerAsync)),
        new($"SIGKILL of the only drafter, started again {Away.TotalSeconds:N0} s later", async () =>
        {
            await _drafter.KillAsync();
            await Task.Delay(Away);
            _drafter = await RestartAsync(_drafter, ServiceProcess.StartDrafterAsync);
        }),
        new($"connections to the only drafter cut {Cuts} times", () => CutAsync(_toDrafter)),
        new($"connections to a refiner cut {Cuts} times", () => CutAsync(_toRefiner)),
        new($"connections of all clients cut {Cuts} times", () => CutAsync(_toGateway), IsBeforeGateway: true),
    ];

    public static async Task<FailingServices> StartAsync()
    {
        var drafter = await ServiceProcess.StartDrafterAsync();
        var killed = await ServiceProcess.StartRefinerAsync();
        var refiner = await ServiceProcess.StartRefinerAsync();
        var (toDrafter, toRefiner) = (new TcpRelay(drafter.Port), new TcpRelay(refiner.Port));
        var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{toDrafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{killed.Port}",
            $"--Gateway:Refiners:1=http://127.0.0.1:{toRefiner.Port}");
        return new FailingServices(drafter, killed, refiner, gateway, toDrafter, toRefiner);
    }

    public async ValueTask DisposeAsync()
    {
        IAsyncDisposable[] parts = [_gateway, _drafter, _killed, _refiner, _toGateway, _toDrafter, _toRefiner];
        foreach (var each in parts)
        {
            await each.DisposeAsync();
        }
    }

    private static async Task<ServiceProcess> RestartAsync(
        ServiceProcess ended, Func<int, string[], Task<ServiceProcess>> start)
    {
        var port = ended.Port;
        await ended.DisposeAsync();
        return await start(port, []);
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
