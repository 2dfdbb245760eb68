using System.Net;
using System.Net.Sockets;
using CoDe.Hosting.Listening;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Listening;

/// <summary>The bound on the connections of a port, on real sockets.</summary>
public sealed class ConnectionSlotsTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConnectionSlots _slots = new(most: 1);
    private readonly List<Socket> _sockets = [];

    public ConnectionSlotsTests() => _listener.Start();

    [Fact]
    public async Task Connection_BeyondTheLimit_IsClosedUntilAnotherEnds()
    {
        var end = new TaskCompletionSource();
        var first = _slots.RunAsync(await ConnectAsync(), _ => end.Task);
        Assert.False(await IsServedAsync());
        end.SetResult();
        await first;
        Assert.True(await IsServedAsync());
    }

    [Fact]
    public async Task Connection_ThatIsClosedAndNeverEnds_LeavesRoomForAnother()
    {
        _ = _slots.RunAsync(await ConnectAsync(), _ => new TaskCompletionSource().Task);
        Assert.False(await IsServedAsync());
        _sockets[0].Dispose();
        Assert.True(await IsServedAsync());
    }

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _listener.Dispose();
    }

    private async Task<bool> IsServedAsync()
    {
        var isServed = false;
        await _slots.RunAsync(await ConnectAsync(), _ =>
        {
            isServed = true;
            return Task.CompletedTask;
        });
        return isServed;
    }

    /// <summary>Accepts a connection of a client that stays connected.</summary>
    private async Task<ConnectionContext> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_listener.LocalEndpoint);
        var accepted = await _listener.AcceptSocketAsync();
        _sockets.AddRange([accepted, client]);
        var connection = new DefaultConnectionContext();
        connection.Features.Set<IConnectionSocketFeature>(new Accepted(accepted));
        return connection;
    }

    private sealed record Accepted(Socket Socket) : IConnectionSocketFeature;
}
