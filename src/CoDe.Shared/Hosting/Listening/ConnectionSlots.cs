using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoDe.Hosting.Listening;

/// <summary>
/// Bounds the open connections of a port. Kestrel's own limit counts a connection until its streams have ended, which
/// some never do where the client left responses waiting; counted for ever, they would shut the port for everybody.
/// </summary>
internal sealed class ConnectionSlots(long most)
{
    private readonly HashSet<Socket> _open = [];

    /// <summary>Bounds the connections of an endpoint as far as descriptors are limited.</summary>
    public static void Bound(ListenOptions listen)
    {
        if (ConnectionLimit.OfPort() is { } most)
        {
            var slots = new ConnectionSlots(most);
            listen.Use(next => connection => slots.RunAsync(connection, next));
        }
    }

    /// <summary>Serves a connection, or closes it at once where there are as many as may be.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var socket = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
        if (!TryEnter(socket))
        {
            connection.Abort();
            return;
        }

        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Leave(socket);
        }
    }

    private bool TryEnter(Socket socket)
    {
        lock (_open)
        {
            if (_open.Count >= most)
            {
                _open.RemoveWhere(each => !each.Connected);
            }

            return _open.Count < most && _open.Add(socket);
        }
    }

    private void Leave(Socket socket)
    {
        lock (_open)
        {
            _open.Remove(socket);
        }
    }
}
