using System.Net;
using Grpc.Core;

namespace Grpc.Net.Client.Balancer;

/// <summary>A server that calls can go to.</summary>
public sealed class BalancerAddress(DnsEndPoint endPoint)
{
    public BalancerAddress(string host, int port)
        : this(new DnsEndPoint(host, port))
    {
    }

    public DnsEndPoint EndPoint { get; } = endPoint;

    public override string ToString() => $"{EndPoint.Host}:{EndPoint.Port}";
}

/// <summary>Finds the addresses of a target, and finds them anew when they may have changed.</summary>
public abstract class Resolver : IDisposable
{
    /// <param name="listener">Is told every result, one at a time.</param>
    public abstract void Start(Action<ResolverResult> listener);

    /// <summary>Asks for a new result: a connection was lost or could not be made.</summary>
    public virtual void Refresh()
    {
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Addresses, or why there are none.</summary>
public sealed class ResolverResult
{
    private ResolverResult(Status status, IReadOnlyList<BalancerAddress>? addresses) => (Status, Addresses) = (status, addresses);

    public Status Status { get; }

    public IReadOnlyList<BalancerAddress>? Addresses { get; }

    public static ResolverResult ForResult(IReadOnlyList<BalancerAddress> addresses) => new(Status.DefaultSuccess, addresses);

    public static ResolverResult ForFailure(Status status) => new(status, null);
}

/// <summary>What a resolver is made for.</summary>
public sealed class ResolverOptions
{
    internal ResolverOptions(Uri address, int defaultPort) => (Address, DefaultPort) = (address, defaultPort);

    /// <summary>As given to the channel, <c>dns:///refiner:50052</c>.</summary>
    public Uri Address { get; }

    /// <summary>Where the address names none: 80, or 443 with TLS.</summary>
    public int DefaultPort { get; }
}

/// <summary>Makes resolvers for the addresses of a scheme. Found among the services of <see cref="GrpcChannelOptions.ServiceProvider"/>.</summary>
public abstract class ResolverFactory
{
    /// <summary>The scheme, <c>dns</c> in <c>dns:///refiner:50052</c>.</summary>
    public abstract string Name { get; }

    public abstract Resolver Create(ResolverOptions options);
}
