using System.Net.Security;
using CoDe.Hosting.Tls;
using Orleans.Configuration;

namespace CoDe.Gateway.Cluster;

/// <summary>
/// Mutual TLS between silos. Either side presents the gateway's certificate, and takes one of the authority that shares
/// a name with it: other services have certificates of that authority too.
/// </summary>
internal static class SiloTls
{
    public static void UseMutualTls(this ISiloBuilder silo)
        => silo.Services.AddOptions<SiloConnectionOptions>().Configure<PeerTls>((connections, tls) =>
        {
            var options = OptionsOf(tls);
            connections.ConfigureSiloInboundConnection(inbound => inbound.UseServerTls(options));
            connections.ConfigureSiloOutboundConnection(outbound => outbound.UseClientTls(options));
        });

    private static Orleans.Connections.Security.TlsOptions OptionsOf(PeerTls tls) => new()
    {
        // Has to be set; the certificate with its intermediates takes its place at each handshake.
        LocalServerCertificateSelector = (_, _) => null!,
        OnAuthenticateAsServer = (_, handshake) =>
        {
            var options = (SslServerAuthenticationOptions)handshake.SslServerAuthenticationOptions;
            options.ServerCertificateSelectionCallback = null;
            tls.Configure(options);
        },
        OnAuthenticateAsClient = (_, handshake)
            => tls.Configure((SslClientAuthenticationOptions)handshake.SslClientAuthenticationOptions),
        RemoteCertificateValidation = (certificate, _, errors)
            => errors == SslPolicyErrors.None && tls.SharesName(certificate),
    };
}
