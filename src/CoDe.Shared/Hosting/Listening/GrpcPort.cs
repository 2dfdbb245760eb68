using System.Net;
using System.Net.Sockets;
using CoDe.Hosting.Options;
using CoDe.Hosting.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoDe.Hosting.Listening;

/// <summary>Listens for gRPC: HTTP/2, with TLS where a certificate is configured.</summary>
internal static class GrpcPort
{
    private const int StreamWindow = 1 << 20;
    private const int ConnectionWindow = 8 * StreamWindow;

    /// <summary>Silence after which a connection is asked for a sign of life.</summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Binds the gRPC port. Must come before any other port: the first address is the one for gRPC.</summary>
    public static void AddGrpcPort(this WebApplicationBuilder builder, ServiceOptions options)
        => builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
            kestrel.Limits.Http2.KeepAlivePingDelay = PingDelay;
            kestrel.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(AddressOf(options.Host), options.Port, listen =>
            {
                ConnectionSlots.Bound(listen);
                listen.Protocols = HttpProtocols.Http2;
                kestrel.Tls()?.UseWithClients(listen);
            });
        });

    /// <summary>Maps an option <c>Host</c> to the address to bind.</summary>
    public static IPAddress AddressOf(string host)
        => host != "any" ? IPAddress.Parse(host) : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
}
