using System.Net;
using Grpc.Net.Client;

namespace CoDe.Protocol;

/// <summary>Opens gRPC channels between the processes of CoDe.</summary>
public static class ServiceChannel
{
    /// <summary>Largest message in bytes, for servers and clients: a batch of edits carries feature maps.</summary>
    public const int LargestMessage = 256 << 20;

    /// <summary>A connection is made anew after this time, so that replaced certificates are met.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Opens a channel that finds a dead connection by pings and uses no proxy.</summary>
    /// <param name="reconnectBackoff">The longest pause before a lost connection is tried again.</param>
    /// <param name="connect">Connects with TLS; null to connect as the address says.</param>
    public static GrpcChannel Open(
        string address, TimeSpan reconnectBackoff,
        Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? connect = null)
        => GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectTimeout = ConnectTimeout,
                ConnectCallback = connect is null ? null : (context, token) => connect(context.DnsEndPoint, token),
                PooledConnectionLifetime = connect is null ? Timeout.InfiniteTimeSpan : Lifetime,
                EnableMultipleHttp2Connections = true,
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                KeepAlivePingDelay = PingDelay,
                KeepAlivePingTimeout = PingTimeout,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LargestMessage,
            InitialReconnectBackoff = reconnectBackoff,
            MaxReconnectBackoff = reconnectBackoff,
        });
}
