using CoDe.Gateway.Lanes;
using CoDe.Planning;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>
/// Replicas of a stage. Gives out the one with the least work and leaves out a failed one until a probe succeeds.
/// </summary>
internal sealed class ReplicaPool(string stage)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Replica> _replicas = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiter> _waiters = [];
    private readonly Dictionary<BatchKey, ReplicaIdentity> _identities = [];
    private StageCatalog _catalog = new([], new Dictionary<BatchKey, ReplicaIdentity>());

    /// <summary>Something may now be given out that was not before.</summary>
    public event Action? Changed;

    /// <summary>Name of the stage in messages.</summary>
    public string Stage => stage;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _replicas.Count;
            }
        }
    }

    public IReadOnlyList<Replica> Replicas
    {
        get
        {
            lock (_lock)
            {
                return [.. _replicas.Values];
            }
        }
    }

    /// <summary>
    /// Gets the models of ready replicas, or while none is ready the last known ones, for which requests wait.
    /// </summary>
    public StageCatalog Catalog
    {
        get
        {
            lock (_lock)
            {
                return _catalog;
            }
        }
    }

    /// <summary>Takes over which addresses there are.</summary>
    /// <param name="open">Makes a replica of an address; null for one without TLS.</param>
    public void Follow(IReadOnlyCollection<string> addresses, Func<string, Replica>? open = null)
    {
        lock (_lock)
        {
            foreach (var gone in _replicas.Keys.Except(addresses).ToArray())
            {
                _replicas.Remove(gone, out var replica);
                DisposeIfUnused(replica!);
            }

            foreach (var come in addresses.Where(address => !_replicas.ContainsKey(address)))
            {
                _replicas[come] = open?.Invoke(come) ?? new Replica(come);
            }
        }
    }

    /// <summary>The replica with the least to do that serves a kind and takes another batch, or null.</summary>
    /// <param name="avoid">Replicas that are taken only where there is no other.</param>
    public Replica? TryAcquire(BatchKey key, IReadOnlyCollection<Replica> avoid)
    {
        lock (_lock)
        {
            return Take(key, avoid);
        }
    }

    /// <summary>
    /// Waits for a replica. A free one goes to the longest wait first: a failed batch would otherwise wait for as long
    /// as new ones come.
    /// </summary>
    public async Task<Replica> AcquireAsync(
        BatchKey key, IReadOnlyCollection<Replica> avoid, CancellationToken cancellation)
    {
        var waiter = new Waiter(key, avoid);
        lock (_lock)
        {
            _waiters.AddLast(waiter);
            Serve();
        }

        using var leaves = cancellation.UnsafeRegister((_, token) => Leave(waiter, token), null);
        return await waiter.Given.Task.ConfigureAwait(false);
    }

    /// <summary>Gives a replica back whose batch is done.</summary>
    public void Release(Replica replica)
    {
        Return(replica);
        Changed?.Invoke();
    }

    /// <summary>Gives a replica back that got nothing to do: only who waits for one may have it now.</summary>
    public void Return(Replica replica)
    {
        lock (_lock)
        {
            replica.Outstanding--;
            DisposeIfUnused(replica);
            Serve();
        }
    }

    /// <summary>Leaves a replica out until a probe finds it well.</summary>
    public void Eject(Replica replica)
    {
        lock (_lock)
        {
            replica.Set(null);
        }
    }

    /// <summary>Takes over the status that a probe found; null where the replica did not answer.</summary>
    public void Update(Replica replica, StageStatus? status)
    {
        lock (_lock)
        {
            replica.CountProbe(missed: status is null);
            replica.Set(status);
            Agree();
            if (_replicas.Values.Any(each => each.IsReady))
            {
                _catalog = _catalog.Updated(_replicas.Values, _identities);
            }

            Serve();
        }

        Changed?.Invoke();
    }

    /// <summary>
    /// Updates the identities, under the lock: a lane keeps its identity while any ready replica has it, else takes
    /// that of the first ready one.
    /// </summary>
    private void Agree()
    {
        foreach (var lane in _replicas.Values.SelectMany(replica => replica.Served.Keys).Distinct().ToArray())
        {
            ReplicaIdentity[] offered =
                [.. _replicas.Values.Where(each => each.Served.ContainsKey(lane)).Select(each => each.Served[lane])];
            if (!_identities.TryGetValue(lane, out var current) || !offered.Contains(current))
            {
                _identities[lane] = offered[0];
            }
        }

        foreach (var replica in _replicas.Values)
        {
            replica.Agree(_identities);
        }
    }

    /// <summary>Takes the replica with the least work. Requires the lock.</summary>
    private Replica? Take(BatchKey key, IReadOnlyCollection<Replica> avoid)
    {
        var replica = _replicas.Values
            .Where(each => each.Outstanding < DispatchRules.MostOutstanding && each.Serves(key))
            .MinBy(each => (avoid.Contains(each), each.Outstanding));
        if (replica is not null)
        {
            replica.Outstanding++;
        }

        return replica;
    }

    /// <summary>Gives free replicas to the waiters in their order. Requires the lock.</summary>
    private void Serve()
    {
        for (var node = _waiters.First; node is not null;)
        {
            var (waiter, next) = (node.Value, node.Next);
            if (Take(waiter.Key, waiter.Avoid) is { } replica)
            {
                _waiters.Remove(node);
                waiter.Given.SetResult(replica);
            }

            node = next;
        }
    }

    private void Leave(Waiter waiter, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_waiters.Remove(waiter))
            {
                waiter.Given.SetCanceled(cancellation);
            }
        }
    }

    private void DisposeIfUnused(Replica replica)
    {
        if (replica.Outstanding == 0 && !_replicas.ContainsValue(replica))
        {
            replica.Dispose();
        }
    }

    private sealed class Waiter(BatchKey key, IReadOnlyCollection<Replica> avoid)
    {
        public BatchKey Key => key;

        public IReadOnlyCollection<Replica> Avoid => avoid;

        public TaskCompletionSource<Replica> Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
