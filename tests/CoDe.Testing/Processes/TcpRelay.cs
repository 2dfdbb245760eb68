using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CoDe.Testing.Processes;

/// <summary>
/// Relays connections to a local port until it cuts them, like a network that fails while both ends live.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Socket, Socket> _connections = [];
    private readonly int _target;
    private readonly Task _accept;

    /// <param name="target">The port on this machine that connections are carried to.</param>
    public TcpRelay(int target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accept = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Resets all connections at once, towards both ends; new ones are carried again.</summary>
    /// <returns>How many there were.</returns>
    public int Cut()
    {
        var cut = 0;
        foreach (var (caller, called) in _connections)
        {
            if (_connections.TryRemove(caller, out _))
            {
                cut++;
                Reset(caller);
                Reset(called);
            }
        }

        return cut;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accept;
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = CarryAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The listener was disposed of.
        }
    }

    private async Task CarryAsync(Socket caller)
    {
        var called = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _connections[caller] = called;
        try
        {
            (caller.NoDelay, called.NoDelay) = (true, true);
            await called.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(CopyAsync(caller, called), CopyAsync(called, caller));
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            // Nothing listens there, or the connection was cut; the caller sees a reset either way.
        }

        if (_connections.TryRemove(caller, out _))
        {
            Reset(caller);
            Reset(called);
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[1 << 16];
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer)) > 0;)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent..count));
                }
            }
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            // One end is gone, and so the other.
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            // Closing without lingering sends RST instead of FIN.
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }

        socket.Dispose();
    }
}
