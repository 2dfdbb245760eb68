using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client;

/// <summary>How a channel connects.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Whether to encrypt; needed where the address does not say so by <c>http</c> or <c>https</c>.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>
    /// Carries the calls; null for sockets with HTTP/2 keepalive. The channel connects by itself only where this is null or a
    /// <see cref="SocketsHttpHandler"/> without <see cref="SocketsHttpHandler.ConnectCallback"/>; otherwise connecting is the handler's.
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>The largest message sent, in bytes; null for any.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The largest message taken, in bytes; null for any.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>No policy makes more attempts of a call; null for any number.</summary>
    public int? MaxRetryAttempts { get; set; } = 5;

    /// <summary>Balancing and retries.</summary>
    public ServiceConfig? ServiceConfig { get; set; }

    /// <summary>The pause after the first failure to connect; each further is 1.6 times as long.</summary>
    public TimeSpan InitialReconnectBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause; null for no limit.</summary>
    public TimeSpan? MaxReconnectBackoff { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Where <see cref="Balancer.ResolverFactory"/> services are found, for addresses other than <c>http</c>, <c>https</c> and <c>dns</c>.</summary>
    public IServiceProvider? ServiceProvider { get; set; }
}
