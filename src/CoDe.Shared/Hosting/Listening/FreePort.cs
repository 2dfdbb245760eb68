using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace CoDe.Hosting.Listening;

/// <summary>Finds a port that nothing uses, for servers that cannot tell which one they took.</summary>
public static class FreePort
{
    /// <summary>
    /// Ports below those that systems give to outgoing connections, one of which could take a port between its being
    /// found and its being bound.
    /// </summary>
    private const int First = 15000;

    private const int Last = 32000;
    private const int Tries = 1000;

    /// <exception cref="IOException">No port of loopback is free.</exception>
    public static int Find()
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new IOException($"None of {Tries} ports from {First} to {Last} is free.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
