using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using CoDe.Gateway.Redis;
using Orleans.Configuration;

namespace CoDe.Gateway.Cluster;

/// <summary>Address and port at which the silos of a cluster reach this one.</summary>
internal static class SiloEndpoint
{
    /// <summary>
    /// Listens at the address alone, so that other networks of the machine do not get to the port between gateways.
    /// </summary>
    /// <param name="address">One of this machine, or one whose port is forwarded to it.</param>
    public static void ConfigureEndpoint(this ISiloBuilder silo, IPAddress address, int port)
        => silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = address;
            endpoints.SiloPort = port;
            endpoints.SiloListeningEndpoint = new IPEndPoint(IsOfThisMachine(address) ? address : IPAddress.Any, port);

            // Clients of Orleans there are none. listenOnAnyHostAddress would open a port for them even so, at a random
            // number and without the TLS between silos.
            endpoints.GatewayPort = 0;
            endpoints.GatewayListeningEndpoint = null;
        });

    public static IPAddress AddressOf(GatewayOptions options)
    {
        if (options.SiloHost != GatewayOptions.Automatic)
        {
            return IPAddress.Parse(options.SiloHost);
        }

        // All gateways of the cluster reach Redis, so they reach each other on its network.
        return options.Kubernetes
            ? KubernetesPod.Address
            : RedisConnection.LocalAddressOf(options.Redis)
                ?? Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork)[0];
    }

    private static bool IsOfThisMachine(IPAddress address)
        => IPAddress.IsLoopback(address)
            || NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(network => network.GetIPProperties().UnicastAddresses)
                .Any(own => own.Address.Equals(address));
}
