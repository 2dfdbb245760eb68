namespace CoDe.Testing.Processes;

/// <summary>
/// Two gateways that share a Redis, a data folder, a drafter and two refiners, each a process that can be restarted.
/// </summary>
public sealed class ServiceCluster : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];

    private ServiceCluster()
    {
    }

    /// <summary>The folder of the gateways, which goes with the cluster.</summary>
    public string DataFolder { get; } = Directory.CreateTempSubdirectory("code-data-").FullName;

    public RedisServer Redis { get; private set; } = null!;

    public RestartableService Drafter { get; private set; } = null!;

    public IReadOnlyList<RestartableService> Refiners { get; private set; } = [];

    public IReadOnlyList<RestartableService> Gateways { get; private set; } = [];

    /// <param name="withGarnet">Whether the Redis is Garnet, even where redis-server is installed.</param>
    public static async Task<ServiceCluster> StartAsync(bool withGarnet = false)
    {
        var cluster = new ServiceCluster();
        try
        {
            await cluster.StartPartsAsync(withGarnet);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

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

    private async Task StartPartsAsync(bool withGarnet)
    {
        _parts.Add(Redis = await RedisServer.StartAsync(withGarnet));
        Drafter = await AddAsync(port => ServiceProcess.StartDrafterAsync(port));
        Refiners =
        [
            await AddAsync(port => ServiceProcess.StartRefinerAsync(port)),
            await AddAsync(port => ServiceProcess.StartRefinerAsync(port)),
        ];
        string[] options =
        [
            Redis.Setting, $"--Gateway:DataFolder={DataFolder}",
            "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0", $"--Gateway:Drafters:0={Drafter.Address}",
            .. Refiners.Select((refiner, i) => $"--Gateway:Refiners:{i}={refiner.Address}"),
        ];
        Gateways = [await AddGatewayAsync(options), await AddGatewayAsync(options)];
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
