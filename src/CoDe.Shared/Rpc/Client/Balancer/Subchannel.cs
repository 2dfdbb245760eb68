using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>
/// A server of a channel: one address, or several of which the first that answers is it. Connects ahead of calls and tells how it stands,
/// so that calls go where they will be answered; what could not be connected is tried again after growing pauses.
/// </summary>
internal sealed class Subchannel(IReadOnlyList<BalancerAddress> addresses, string scheme, Backoff backoff, Action changed) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, Uri> _uris = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private BalancerAddress _address = addresses[0];
    private Socket? _spare;
    private int _streams;

    public IReadOnlyList<BalancerAddress> Addresses => addresses;

    public ConnectivityState State { get; private set; } = ConnectivityState.Idle;

    /// <summary>Why the last attempt failed.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Where calls of a method go.</summary>
    public Uri UriOf(string method) => _uris.GetOrAdd(method, static (method, subchannel) => subchannel.Locate(method), this);

    /// <summary>Begins to connect if nothing does.</summary>
    public void Connect()
    {
        lock (_lock)
        {
            if (State != ConnectivityState.Idle || _end.IsCancellationRequested)
            {
                return;
            }

            State = ConnectivityState.Connecting;
        }

        changed();
        _ = ConnectAsync();
    }

    /// <summary>A connection for HTTP/2: the one that was made ahead, or another.</summary>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellation)
    {
        var socket = TakeSpare();
        if (socket is null)
        {
            try
            {
                socket = await DialAsync(_address, cancellation).ConfigureAwait(false);
            }
            catch (SocketException error)
            {
                Lose(error);
                throw;
            }
        }

        lock (_lock)
        {
            _streams++;
        }

        return new SubchannelStream(new NetworkStream(socket, ownsSocket: true), Closed);
    }

    public void Dispose()
    {
        _end.Cancel();
        lock (_lock)
        {
            State = ConnectivityState.Shutdown;
            _spare?.Dispose();
            _spare = null;
        }
    }

    private static async Task<Socket> DialAsync(BalancerAddress address, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(ConnectTimeout);
            await socket.ConnectAsync(address.EndPoint, timeout.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception error)
        {
            socket.Dispose();
            if (error is OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            throw;
        }
    }

    private Uri Locate(string method) => new UriBuilder(scheme, _address.EndPoint.Host, _address.EndPoint.Port, method).Uri;

    private async Task ConnectAsync()
    {
        for (var failures = 1; !_end.IsCancellationRequested; failures++)
        {
            foreach (var address in addresses)
            {
                try
                {
                    Win(address, await DialAsync(address, _end.Token).ConfigureAwait(false));
                    return;
                }
                catch (SocketException error)
                {
                    Failure = error;
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }

            Enter(ConnectivityState.TransientFailure);
            await Task.Delay(backoff.After(failures), _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Win(BalancerAddress address, Socket socket)
    {
        lock (_lock)
        {
            if (address != _address)
            {
                _address = address;
                _uris.Clear();
            }

            _spare = socket;
            Failure = null;
        }

        Enter(ConnectivityState.Ready);
    }

    /// <summary>The connection made ahead, unless its server has closed it.</summary>
    private Socket? TakeSpare()
    {
        var socket = Interlocked.Exchange(ref _spare, null);
        if (socket is not null && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) && socket.Available == 0)
        {
            socket.Dispose();
            return null;
        }

        return socket;
    }

    private void Closed()
    {
        lock (_lock)
        {
            if (--_streams > 0 || _spare is not null || State != ConnectivityState.Ready)
            {
                return;
            }
        }

        Enter(ConnectivityState.Idle);
    }

    /// <summary>No connection can be made any more.</summary>
    private void Lose(Exception error)
    {
        lock (_lock)
        {
            Failure = error;
            if (_streams > 0 || State != ConnectivityState.Ready)
            {
                return;
            }
        }

        Enter(ConnectivityState.Idle);
    }

    private void Enter(ConnectivityState state)
    {
        lock (_lock)
        {
            if (State == ConnectivityState.Shutdown)
            {
                return;
            }

            State = state;
        }

        changed();
    }
}
