using CoDe.Testing.Certificates;

namespace CoDe.Testing.Processes;

/// <summary>
/// Two gateways that share a Redis, a data folder, a drafter and refiners, each a process that can be restarted.
/// </summary>
public sealed class ServiceCluster : IAsyncDisposable
{
    /// <summary>Text that the gateway logs which dispatches for both.</summary>
    public const string Dispatches = "dispatches the images of the cluster";

    private readonly List<IAsyncDisposable> _parts = [];
    private readonly Doors _doors;

    private ServiceCluster(Doors doors) => _doors = doors;

    /// <summary>The folder of the gateways, which goes with the cluster.</summary>
    public string DataFolder { get; } = Directory.CreateTempSubdirectory("code-data-").FullName;

    public RedisServer Redis { get; private set; } = null!;

    public RestartableService Drafter { get; private set; } = null!;

    public IReadOnlyList<RestartableService> Refiners { get; private set; } = [];

    /// <summary>The gateways; the first dispatches for both until it is restarted.</summary>
    public IReadOnlyList<RestartableService> Gateways { get; private set; } = [];

    /// <summary>Starts a cluster with a drafter and two refiners of the demonstration model.</summary>
    /// <param name="withGarnet">Whether the Redis is Garnet, even where redis-server is installed.</param>
    /// <param name="more">Further options of the gateways.</param>
    public static Task<ServiceCluster> StartAsync(bool withGarnet = false, params string[] more)
        => StartAsync(withGarnet, "cpu", more);

    /// <inheritdoc cref="StartAsync(bool, string[])"/>
    /// <param name="device">Device of the stages, such as torch.</param>
    /// <param name="doors">What the processes and callers must present; by default nothing.</param>
    public static Task<ServiceCluster> StartAsync(
        bool withGarnet, string device, string[] more, Doors? doors = null)
        => StartAsync(doors ?? Doors.Open(), async cluster =>
        {
            await cluster.StartRedisAsync(withGarnet);
            string[] drafting = cluster._doors.OfStage("Drafter");
            string[] refining = cluster._doors.OfStage("Refiner");
            cluster.Drafter = await cluster.AddAsync(
                port => ServiceProcess.StartDrafterAsync(port, [$"--Drafter:Device:Name={device}", .. drafting]));
            cluster.Refiners = [await AddRefinerAsync(), await AddRefinerAsync()];
            await cluster.StartGatewaysAsync(more);

            Task<RestartableService> AddRefinerAsync() => cluster.AddAsync(
                port => ServiceProcess.StartRefinerAsync(port, [$"--Refiner:Device:Name={device}", .. refining]));
        });

    /// <summary>Starts a cluster with a drafter and a refiner without a model.</summary>
    /// <param name="milliseconds">Of a batch in either stage.</param>
    public static Task<ServiceCluster> StartSimulatedAsync(double milliseconds)
        => StartAsync(Doors.Open(), async cluster =>
        {
            await cluster.StartRedisAsync(withGarnet: false);
            cluster.Drafter = await cluster.AddAsync(port => StartSimulatedAsync("drafter", milliseconds, port));
            cluster.Refiners = [await cluster.AddAsync(port => StartSimulatedAsync("refiner", milliseconds, port))];
            await cluster.StartGatewaysAsync([]);
        });

    /// <summary>Counts how often a gateway became the dispatcher.</summary>
    public static int TimesDispatching(ServiceProcess gateway)
        => gateway.Lines.Count(line => line.Contains(Dispatches, StringComparison.Ordinal));

    /// <summary>Restarts each process in turn, Redis included.</summary>
    public async Task RestartEachAsync()
    {
        foreach (var service in Gateways.Append(Drafter).Concat(Refiners))
        {
            await service.RestartAsync();
        }

        await Redis.RestartAsync();
    }

    /// <summary>Kills every process, then starts all again.</summary>
    public async Task RestartAllAsync()
    {
        RestartableService[] services = [Drafter, .. Refiners, .. Gateways];
        await Task.WhenAll([Redis.KillAsync(), .. services.Select(service => service.KillAsync())]);
        await Redis.StartAgainAsync();
        await Task.WhenAll(services.Select(service => service.StartAgainAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        _parts.Reverse();
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }

        Directory.Delete(DataFolder, recursive: true);
    }

    private static async Task<ServiceCluster> StartAsync(
        Doors doors, Func<ServiceCluster, Task> startParts)
    {
        var cluster = new ServiceCluster(doors);
        try
        {
            await startParts(cluster);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private static Task<ServiceProcess> StartSimulatedAsync(string kind, double milliseconds, int port)
        => ServiceProcess.StartSimulatedStageAsync(kind, milliseconds, "--port", $"{port}");

    private async Task StartRedisAsync(bool withGarnet)
    {
        Redis = await _doors.StartRedisAsync(withGarnet);
        _parts.Add(Redis);
    }

    private async Task StartGatewaysAsync(string[] more)
    {
        string[] options =
        [
            Redis.Setting, $"--Gateway:DataFolder={DataFolder}",
            "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0",
            $"--Gateway:Drafters:0={_doors.AddressOf(Drafter.Port)}",
            .. Refiners.Select((refiner, i) => $"--Gateway:Refiners:{i}={_doors.AddressOf(refiner.Port)}"),
            .. _doors.OfGateway(), .. more,
        ];
        var first = await AddGatewayAsync(options);
        await first.Process.SaysAsync(Dispatches);
        var second = await AddGatewayAsync(options);

        // The directory of a cluster that grows may place the dispatcher anew.
        Gateways = TimesDispatching(second.Process) > 0 ? [second, first] : [first, second];
    }

    private Task<RestartableService> AddGatewayAsync(string[] options)
        => AddAsync(port => ServiceProcess.StartGatewayAsync([$"--Gateway:Port={port}", .. options]));

    private async Task<RestartableService> AddAsync(Func<int, Task<ServiceProcess>> start)
    {
        var service = await RestartableService.StartAsync(start);
        _parts.Add(service);
        return service;
    }
}
