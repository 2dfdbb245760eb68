using CoDe.Protocol.V1;
using CoDe.Testing.Certificates;
using CoDe.Testing.Processes;
using Grpc.Net.Client;

namespace CoDe.EndToEnd.Cluster;

/// <summary>Two gateways that share a Redis, with clients; the first dispatches for both.</summary>
internal sealed class GatewayCluster(ServiceCluster services, Doors doors) : IAsyncDisposable
{
    private readonly List<GrpcChannel> _channels = [];
    private readonly int _timesBefore = ServiceCluster.TimesDispatching(services.Gateways[1].Process);

    public RedisServer Redis => services.Redis;

    /// <summary>The gateway that dispatches for both.</summary>
    public ServiceProcess First => services.Gateways[0].Process;

    public ServiceProcess Second => services.Gateways[1].Process;

    /// <summary>Gets whether the second gateway has become the dispatcher.</summary>
    public bool SecondDispatches => ServiceCluster.TimesDispatching(Second) > _timesBefore;

    /// <param name="more">Further options of both gateways.</param>
    public static Task<GatewayCluster> StartAsync(params string[] more) => StartOnAsync("cpu", more);

    /// <inheritdoc cref="StartAsync"/>
    /// <param name="device">Device of the stages, such as torch.</param>
    public static Task<GatewayCluster> StartOnAsync(string device, params string[] more)
        => StartPartsAsync(device, Doors.Open(), more);

    /// <summary>Starts a cluster with TLS on every port and between all processes, and keys for callers.</summary>
    public static Task<GatewayCluster> StartClosedAsync() => StartPartsAsync("cpu", Doors.Closed(), []);

    private static async Task<GatewayCluster> StartPartsAsync(string device, Doors doors, string[] more)
    {
        var services = await ServiceCluster.StartAsync(withGarnet: false, device, more, doors);
        var cluster = new GatewayCluster(services, doors);
        try
        {
            foreach (var gateway in new[] { cluster.First, cluster.Second })
            {
                await cluster.Connect(gateway).GenerateAsync(new GenerateRequest { Labels = { "0" } });
            }

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
        var channel = doors.Connect(gateway.Port);
        _channels.Add(channel);
        return new Generation.GenerationClient(channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await services.DisposeAsync();
        doors.Dispose();
    }
}
