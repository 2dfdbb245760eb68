using CoDe.Hosting.Tls;
using CoDe.Protocol;
using Grpc.Net.Client;

namespace CoDe.EndToEnd.Clients;

/// <summary>Opens channels with TLS to services of this machine.</summary>
internal static class OverTls
{
    /// <param name="authority">PEM file of the authority that is trusted.</param>
    public static GrpcChannel Connect(int port, string authority)
    {
        var tls = PeerTls.Trusting(authority);
        return ServiceChannel.Open(
            $"https://localhost:{port}", TimeSpan.FromSeconds(1),
            (address, token) => tls.ConnectAsync(address, address.Host, token));
    }
}
