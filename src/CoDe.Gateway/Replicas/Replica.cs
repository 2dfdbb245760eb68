using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using Grpc.Net.Client;

namespace CoDe.Gateway.Replicas;

/// <summary>One process of a stage.</summary>
internal sealed class Replica(string address) : IDisposable
{
    /// <summary>One batch that runs and one that waits, so that the device is never idle between two.</summary>
    public const int MostOutstanding = 2;

    public string Address => address;

    public GrpcChannel Channel { get; } = GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        MaxReceiveMessageSize = ServiceHost.LargestMessage,

        // However long it was away, a probe is to find it as soon as it is back.
        InitialReconnectBackoff = ReplicaProbe.Period,
        MaxReconnectBackoff = ReplicaProbe.Period,
    });

    /// <summary>What it said of itself last; null while it cannot be reached.</summary>
    public StageStatus? Status { get; set; }

    /// <summary>Batches given to it and not yet back. Guarded by the pool.</summary>
    public int Outstanding { get; set; }

    /// <param name="steps">0 for any.</param>
    public bool Serves(string model, int steps)
        => Status is { Ready: true } status && status.Models.Any(served => served.Name == model && (steps == 0 || served.Steps.Contains((uint)steps)));

    public void Dispose() => Channel.Dispose();
}
