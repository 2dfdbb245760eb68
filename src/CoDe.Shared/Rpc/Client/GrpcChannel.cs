using System.Diagnostics.CodeAnalysis;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.Net.Client;

/// <summary>A way to one server over HTTP/2, or to several that do the same.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private const double ReconnectMultiplier = 1.6;

    private static readonly HttpRequestOptionsKey<Subchannel> SubchannelKey = new("grpc-subchannel");

    private readonly Uri _address;
    private readonly Dictionary<string, RetryPlan> _retries;
    private readonly ConnectionManager? _connections;
    private readonly string? _authority;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority.Length > 0 ? address.Authority : address.AbsolutePath.TrimStart('/'))
    {
        (_address, Options) = (address, options);
        _retries = RetryPlan.ReadAll(options.ServiceConfig, options.MaxRetryAttempts);
        var handler = options.HttpHandler ?? NewHandler();
        if (handler is SocketsHttpHandler sockets && (sockets.ConnectCallback is null || sockets.ConnectCallback == OpenAsync))
        {
            _connections = Connect(options);
            _authority = IsHttp(address) ? null : Target;
            sockets.ConnectCallback ??= OpenAsync;
        }
        else if (!IsHttp(address))
        {
            throw new ArgumentException($"{address} needs the channel to connect by itself, but HttpHandler connects.", nameof(options));
        }

        Http = new HttpMessageInvoker(handler, disposeHandler: options.HttpHandler is null);
    }

    /// <summary>How the channel is connected.</summary>
    /// <exception cref="InvalidOperationException">Connecting is the handler's.</exception>
    public ConnectivityState State => Connections.State;

    internal GrpcChannelOptions Options { get; }

    internal HttpMessageInvoker Http { get; }

    private ConnectionManager Connections => _connections ?? throw new InvalidOperationException("The channel does not know its connections: HttpHandler connects.");

    public static GrpcChannel ForAddress(string address) => ForAddress(new Uri(address));

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to <c>http://host:port</c>, <c>https://host:port</c>, <c>dns:///host:port</c> or another resolver's address.</summary>
    /// <exception cref="InvalidOperationException">No resolver has the scheme, credentials are missing, or a policy is incomplete.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions) => new(address, channelOptions);

    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(this);

    /// <summary>Connects ahead of the first call.</summary>
    /// <exception cref="OperationCanceledException">It was not connected in time; until then it is tried again and again.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default) => Connections.ConnectAsync(cancellationToken);

    /// <summary>Ends when <see cref="State"/> is another than that.</summary>
    public Task WaitForStateChangedAsync(ConnectivityState lastObservedState, CancellationToken cancellationToken = default)
        => Connections.WaitForStateChangedAsync(lastObservedState, cancellationToken);

    public void Dispose()
    {
        Http.Dispose();
        _connections?.Dispose();
    }

    internal RetryPlan? RetriesOf(IMethod method) => RetryPlan.Find(_retries, method);

    /// <summary>Addresses a request to a server that is connected.</summary>
    /// <exception cref="RpcException">There is none, and the call does not wait for one.</exception>
    internal ValueTask AddressAsync(HttpRequestMessage request, IMethod method, string? host, bool waitForReady, CancellationToken cancellation)
    {
        if (_connections is null)
        {
            request.RequestUri = new Uri(_address, method.FullName);
            SetHost(request, host);
            return ValueTask.CompletedTask;
        }

        var pick = _connections.PickAsync(waitForReady, cancellation);
        if (pick.IsCompletedSuccessfully)
        {
            Address(request, method, host, pick.Result);
            return ValueTask.CompletedTask;
        }

        return AddressLaterAsync(request, method, host, pick);
    }

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private static bool IsHttp(Uri address) => address.Scheme is "http" or "https";

    private static SocketsHttpHandler NewHandler() => new()
    {
        EnableMultipleHttp2Connections = true,
        AutomaticDecompression = DecompressionMethods.None,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        KeepAlivePingDelay = TimeSpan.FromSeconds(60),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
    };

    private static void SetHost(HttpRequestMessage request, string? host)
    {
        if (host is not null)
        {
            request.Headers.Host = host;
        }
    }

    private ConnectionManager Connect(GrpcChannelOptions options)
    {
        var secure = _address.Scheme switch
        {
            "http" => false,
            "https" => true,
            _ => options.Credentials?.IsSecure
                ?? throw new InvalidOperationException($"Whether {_address} is encrypted must be said: set GrpcChannelOptions.Credentials, such as ChannelCredentials.Insecure."),
        };
        if (options.Credentials is { } credentials && credentials.IsSecure != secure)
        {
            throw new InvalidOperationException($"The credentials do not fit the address {_address}.");
        }

        var resolver = IsHttp(_address)
            ? new StaticResolver([new BalancerAddress(_address.IdnHost.Trim('[', ']'), _address.Port)])
            : FactoryOf(_address.Scheme).Create(new ResolverOptions(_address, secure ? 443 : 80));
        var policy = options.ServiceConfig?.LoadBalancingConfigs.Select(config => config.PolicyName).FirstOrDefault() ?? LoadBalancingConfig.PickFirstPolicyName;
        if (policy is not (LoadBalancingConfig.PickFirstPolicyName or LoadBalancingConfig.RoundRobinPolicyName))
        {
            throw new InvalidOperationException($"The load balancing policy {policy} is not known; there are {LoadBalancingConfig.PickFirstPolicyName} and {LoadBalancingConfig.RoundRobinPolicyName}.");
        }

        var backoff = new Backoff(options.InitialReconnectBackoff, options.MaxReconnectBackoff ?? TimeSpan.MaxValue, ReconnectMultiplier);
        return new ConnectionManager(
            resolver,
            policy == LoadBalancingConfig.RoundRobinPolicyName,
            (addresses, changed) => new Subchannel(addresses, secure ? "https" : "http", backoff, changed));
    }

    private ResolverFactory FactoryOf(string scheme)
        => Options.ServiceProvider?.GetServices<ResolverFactory>().FirstOrDefault(factory => factory.Name == scheme)
            ?? (scheme == "dns" ? new DnsResolverFactory(Timeout.InfiniteTimeSpan) : throw new InvalidOperationException($"No address resolver is configured for the scheme '{scheme}'."));

    private void Address(HttpRequestMessage request, IMethod method, string? host, Subchannel subchannel)
    {
        request.RequestUri = subchannel.UriOf(method.FullName);
        request.Options.Set(SubchannelKey, subchannel);
        SetHost(request, host ?? _authority);
    }

    private async ValueTask AddressLaterAsync(HttpRequestMessage request, IMethod method, string? host, ValueTask<Subchannel> pick)
        => Address(request, method, host, await pick.ConfigureAwait(false));

    [SuppressMessage("Reliability", "CA2000", Justification = "The handler disposes the stream.")]
    private static async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
        => context.InitialRequestMessage.Options.TryGetValue(SubchannelKey, out var subchannel)
            ? await subchannel.OpenAsync(cancellation).ConfigureAwait(false)
            : throw new InvalidOperationException("The handler carries other requests than the channel's.");
}
