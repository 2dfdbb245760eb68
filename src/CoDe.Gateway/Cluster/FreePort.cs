using System.Net;
using System.Net.Sockets;

namespace CoDe.Gateway.Cluster;

/// <summary>Finds a port of loopback that nothing uses, for servers that cannot tell which one they took.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
