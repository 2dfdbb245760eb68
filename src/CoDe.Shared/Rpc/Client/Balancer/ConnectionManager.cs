using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>The servers of a channel: follows what the resolver finds, keeps them connected, and picks one for each call.</summary>
internal sealed class ConnectionManager : IDisposable
{
    private readonly Resolver _resolver;
    private readonly bool _roundRobin;
    private readonly Func<IReadOnlyList<BalancerAddress>, Action, Subchannel> _create;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Subchannel> _subchannels = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = NewSignal();
    private Subchannel[] _ready = [];
    private Status? _resolverFailure;
    private bool _started;
    private bool _ended;
    private uint _turn;

    /// <param name="roundRobin">Every address is a server and they take turns; otherwise all addresses are one server's.</param>
    public ConnectionManager(Resolver resolver, bool roundRobin, Func<IReadOnlyList<BalancerAddress>, Action, Subchannel> create)
        => (_resolver, _roundRobin, _create) = (resolver, roundRobin, create);

    public ConnectivityState State { get; private set; } = ConnectivityState.Idle;

    /// <summary>A server that is connected.</summary>
    /// <exception cref="RpcException">There is none, and the call does not wait for one.</exception>
    public ValueTask<Subchannel> PickAsync(bool waitForReady, CancellationToken cancellation)
    {
        var ready = Volatile.Read(ref _ready);
        return ready.Length > 0 ? new(Next(ready)) : WaitAsync(waitForReady, cancellation);
    }

    /// <summary>Connects, now.</summary>
    public async Task ConnectAsync(CancellationToken cancellation) => await PickAsync(waitForReady: true, cancellation).ConfigureAwait(false);

    /// <summary>Ends when the state is another than that.</summary>
    public async Task WaitForStateChangedAsync(ConnectivityState last, CancellationToken cancellation)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (State != last)
            {
                return;
            }

            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        Subchannel[] all;
        lock (_lock)
        {
            _ended = true;
            all = [.. _subchannels.Values];
            _subchannels.Clear();
        }

        _resolver.Dispose();
        Array.ForEach(all, subchannel => subchannel.Dispose());
        Update();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Subchannel Next(Subchannel[] ready) => ready[Interlocked.Increment(ref _turn) % (uint)ready.Length];

    private async ValueTask<Subchannel> WaitAsync(bool waitForReady, CancellationToken cancellation)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            Start();
            if (Volatile.Read(ref _ready) is { Length: > 0 } ready)
            {
                return Next(ready);
            }

            ObjectDisposedException.ThrowIf(_ended, typeof(GrpcChannel));
            if (!waitForReady && State == ConnectivityState.TransientFailure)
            {
                throw new RpcException(WhyNot());
            }

            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    private Status WhyNot()
    {
        lock (_lock)
        {
            return _subchannels.Count == 0 && _resolverFailure is { } failure ? failure
                : new Status(
                    StatusCode.Unavailable,
                    "Error connecting to " + string.Join("; ", _subchannels.Values.Select(subchannel => $"{string.Join(", ", subchannel.Addresses)}: {subchannel.Failure?.Message}")),
                    _subchannels.Values.Select(subchannel => subchannel.Failure).FirstOrDefault());
        }
    }

    /// <summary>Resolves at first, and connects what is idle.</summary>
    private void Start()
    {
        Subchannel[] all;
        bool first;
        lock (_lock)
        {
            (first, _started) = (!_started && !_ended, true);
            all = [.. _subchannels.Values];
        }

        if (first)
        {
            _resolver.Start(Follow);
        }

        Array.ForEach(all, subchannel => subchannel.Connect());
    }

    /// <summary>Takes the resolver's addresses: servers that stay keep their connections.</summary>
    private void Follow(ResolverResult result)
    {
        List<Subchannel> gone = [];
        List<Subchannel> come = [];
        lock (_lock)
        {
            _resolverFailure = result.Addresses is { Count: > 0 } ? null
                : result.Addresses is null ? result.Status : new Status(StatusCode.Unavailable, "The name has no addresses.");
            if (!_ended && result.Addresses is not null)
            {
                var servers = Servers(result.Addresses).ToDictionary(addresses => string.Join(',', addresses), StringComparer.Ordinal);
                foreach (var key in _subchannels.Keys.Except(servers.Keys).ToArray())
                {
                    gone.Add(_subchannels[key]);
                    _subchannels.Remove(key);
                }

                foreach (var (key, addresses) in servers.Where(server => !_subchannels.ContainsKey(server.Key)))
                {
                    come.Add(_subchannels[key] = _create(addresses, Changed));
                }
            }
        }

        come.ForEach(subchannel => subchannel.Connect());
        gone.ForEach(subchannel => subchannel.Dispose());
        Update();
    }

    private IEnumerable<IReadOnlyList<BalancerAddress>> Servers(IReadOnlyList<BalancerAddress> addresses)
    {
        var distinct = addresses.DistinctBy(address => address.ToString()).ToArray();
        return _roundRobin ? distinct.Select(address => new[] { address }) : distinct.Length > 0 ? [distinct] : [];
    }

    private void Changed()
    {
        Update();
        if (State == ConnectivityState.TransientFailure || State == ConnectivityState.Idle)
        {
            _resolver.Refresh();
        }
    }

    private void Update()
    {
        Subchannel[] idle;
        TaskCompletionSource signal;
        lock (_lock)
        {
            var states = _subchannels.Values.Select(subchannel => subchannel.State).ToArray();
            Volatile.Write(ref _ready, [.. _subchannels.Values.Where(subchannel => subchannel.State == ConnectivityState.Ready)]);
            State = _ended ? ConnectivityState.Shutdown
                : states.Contains(ConnectivityState.Ready) ? ConnectivityState.Ready
                : states.Contains(ConnectivityState.Connecting) ? ConnectivityState.Connecting
                : states.Contains(ConnectivityState.Idle) ? ConnectivityState.Idle
                : states.Length > 0 || _resolverFailure is not null ? ConnectivityState.TransientFailure
                : _started ? ConnectivityState.Connecting : ConnectivityState.Idle;
            idle = _roundRobin ? [.. _subchannels.Values.Where(subchannel => subchannel.State == ConnectivityState.Idle)] : [];
            signal = Interlocked.Exchange(ref _changed, NewSignal());
        }

        signal.SetResult();
        Array.ForEach(idle, subchannel => subchannel.Connect());
    }
}
