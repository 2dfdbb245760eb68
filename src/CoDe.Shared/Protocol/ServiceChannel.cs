using Grpc.Net.Client;

namespace CoDe.Protocol;

/// <summary>Opens gRPC channels between the processes of CoDe.</summary>
public static class ServiceChannel
{
    /// <summary>Largest message in bytes, for servers and clients: a batch of edits carries feature maps.</summary>
    public const int LargestMessage = 256 << 20;

    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Opens a channel that finds a dead connection by pings and uses no proxy.</summary>
    /// <param name="reconnectBackoff">The longest pause before a lost connection is tried again.</param>
    public static GrpcChannel Open(string address, TimeSpan reconnectBackoff)
        => GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
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
