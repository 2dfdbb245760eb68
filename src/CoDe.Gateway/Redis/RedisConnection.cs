using System.Net;
using System.Net.Sockets;
using CoDe.Hosting.Tls;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Reads connection strings of StackExchange.Redis.</summary>
internal static class RedisConnection
{
    /// <summary>Reads a connection string; one with <c>ssl=true</c> connects with the certificates of peers.</summary>
    public static ConfigurationOptions Parse(string connection, PeerTls tls)
    {
        var options = ConfigurationOptions.Parse(connection);
        if (options.Ssl && tls.IsSet)
        {
            options.SslClientAuthenticationOptions = tls.OptionsFor;
        }

        return options;
    }

    /// <summary>Checks a connection string.</summary>
    /// <returns>The error in it, or null.</returns>
    public static string? ProblemOf(string connection)
    {
        try
        {
            return ConfigurationOptions.Parse(connection).EndPoints.Count == 0 ? "it names no server" : null;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
    }

    /// <summary>Gets the IPv4 address by which this machine reaches the first server of a connection string.</summary>
    /// <returns>Null where that server is on this machine, has no IPv4 address, or is not known.</returns>
    public static IPAddress? LocalAddressOf(string connection)
    {
        // Only chooses a route: a datagram socket connects without sending anything.
        const int AnyPort = 1;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            switch (ConfigurationOptions.Parse(connection).EndPoints[0])
            {
                case DnsEndPoint name:
                    socket.Connect(name.Host, AnyPort);
                    break;
                case IPEndPoint { AddressFamily: AddressFamily.InterNetwork } server:
                    socket.Connect(server.Address, AnyPort);
                    break;
                default:
                    return null;
            }
        }
        catch (SocketException)
        {
            return null;
        }

        var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
        return IPAddress.IsLoopback(address) ? null : address;
    }
}
