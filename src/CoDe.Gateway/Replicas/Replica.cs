using System.Net;
using CoDe.Gateway.Lanes;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Net.Client;

namespace CoDe.Gateway.Replicas;

/// <summary>One process of a stage. Its state is guarded by its pool.</summary>
/// <param name="connect">Connects with TLS; null to connect without.</param>
internal sealed class Replica(
    string address, Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? connect = null) : IDisposable
{
    /// <summary>Probes missed in a row after which the replica hangs; each has two seconds.</summary>
    private const int MostMissed = 3;

    private CancellationTokenSource _hung = new();
    private int _missed;
    private IReadOnlyDictionary<BatchKey, ReplicaIdentity> _served = new Dictionary<BatchKey, ReplicaIdentity>();
    private HashSet<BatchKey> _lanes = [];

    public string Address => address;

    /// <summary>Reconnects within one period of the probe, however long the replica was away.</summary>
    public GrpcChannel Channel { get; } = ServiceChannel.Open(address, ReplicaProbe.Period, connect);

    /// <summary>Ends calls in progress, once the replica has missed several probes.</summary>
    public CancellationToken Hung => _hung.Token;

    /// <summary>The last status; null while the replica cannot be reached.</summary>
    public StageStatus? Status { get; private set; }

    public bool IsReady => Status is { Ready: true };

    /// <summary>The lanes that it serves, with what decides its bits in each; none while it is not ready.</summary>
    public IReadOnlyDictionary<BatchKey, ReplicaIdentity> Served => _served;

    /// <summary>Gets the lanes that it serves and is not used for, since it differs from them.</summary>
    public IReadOnlyList<BatchKey> Excluded => [.. _served.Keys.Except(_lanes)];

    /// <summary>Batches given to it and not yet back.</summary>
    public int Outstanding { get; set; }

    /// <summary>Tells whether it is used for a lane.</summary>
    public bool Serves(BatchKey key)
        => key.Steps == 0 ? _lanes.Any(lane => lane.Model == key.Model) : _lanes.Contains(key);

    /// <summary>Takes over a status; null where there is none.</summary>
    public void Set(StageStatus? status)
    {
        Status = status;
        _served = status is { Ready: true } ? LanesOf(status) : new Dictionary<BatchKey, ReplicaIdentity>();
        _lanes = [];
    }

    /// <summary>Counts a probe, which the replica has answered or missed.</summary>
    public void CountProbe(bool missed)
    {
        _missed = missed ? _missed + 1 : 0;
        if (_missed == MostMissed)
        {
            // Later, since what is cancelled takes the lock of the pool.
            _ = _hung.CancelAsync();
        }
        else if (!missed && _hung.IsCancellationRequested)
        {
            _hung = new CancellationTokenSource();
        }
    }

    /// <summary>Takes over the identity of each lane, which decides for which of them this replica is used.</summary>
    public void Agree(IReadOnlyDictionary<BatchKey, ReplicaIdentity> lanes)
        => _lanes = _served.Where(served => lanes[served.Key] == served.Value).Select(served => served.Key).ToHashSet();

    public void Dispose()
    {
        Channel.Dispose();
        _hung.Dispose();
    }

    private static Dictionary<BatchKey, ReplicaIdentity> LanesOf(StageStatus status)
    {
        var lanes = new Dictionary<BatchKey, ReplicaIdentity>();
        foreach (var model in status.Models)
        {
            foreach (var steps in model.Steps)
            {
                lanes.TryAdd(new BatchKey(model.Name, (int)steps), ReplicaIdentity.Of(model));
            }
        }

        return lanes;
    }
}
