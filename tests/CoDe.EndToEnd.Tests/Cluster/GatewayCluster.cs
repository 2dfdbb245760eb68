using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Net.Client;

namespace CoDe.EndToEnd.Cluster;

/// <summary>Two gateways that share a Redis, a drafter and two refiners, each a process.</summary>
internal sealed class GatewayCluster : IAsyncDisposable
{
    private const string Dispatches = "dispatches the images of the cluster";

    private readonly List<IAsyncDisposable> _parts = [];

    private GatewayCluster()
    {
    }

    public RedisServer Redis { get; private set; } = null!;

    public ServiceProcess Drafter { get; private set; } = null!;

    /// <summary>The gateway that dispatches for both.</summary>
    public ServiceProcess First { get; private set; } = null!;

    public ServiceProcess Second { get; private set; } = null!;

    /// <param name="more">Further options of both gateways.</param>
    public static async Task<GatewayCluster> StartAsync(params string[] more)
    {
        var cluster = new GatewayCluster();
        try
        {
            await cluster.StartPartsAsync(more);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a client of a gateway, which is disposed of with the cluster.</summary>
    public Generation.GenerationClient Connect(ServiceProcess gateway)
    {
        var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        _parts.Add(new Closing(channel));
        return new Generation.GenerationClient(channel);
    }

    /// <summary>Gets whether the second gateway has become the dispatcher.</summary>
    public bool SecondDispatches
        => Second.Lines.Any(line => line.Contains(Dispatches, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        _parts.Reverse();
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private async Task StartPartsAsync(string[] more)
    {
        Redis = Own(await RedisServer.StartAsync());
        Drafter = Own(await ServiceProcess.StartDrafterAsync());
        var refiners = new[]
        {
            Own(await ServiceProcess.StartRefinerAsync()), Own(await ServiceProcess.StartRefinerAsync()),
        };
        string[] options =
        [
            Redis.Setting, "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0",
            $"--Gateway:Drafters:0=http://127.0.0.1:{Drafter.Port}",
            .. refiners.Select((refiner, i) => $"--Gateway:Refiners:{i}=http://127.0.0.1:{refiner.Port}"), .. more,
        ];
        First = Own(await ServiceProcess.StartGatewayAsync(options));
        await Connect(First).GenerateAsync(new GenerateRequest { Labels = { "0" } });
        Xunit.Assert.True(await First.SaysAsync(Dispatches));
        Second = Own(await ServiceProcess.StartGatewayAsync(options));
        await Connect(Second).GenerateAsync(new GenerateRequest { Labels = { "0" } });
    }

    private T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Add(part);
        return part;
    }

    private sealed class Closing(GrpcChannel channel) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            channel.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
