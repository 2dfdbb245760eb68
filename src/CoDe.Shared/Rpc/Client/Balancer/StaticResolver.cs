namespace Grpc.Net.Client.Balancer;

/// <summary>Addresses that are known.</summary>
internal sealed class StaticResolver(IReadOnlyList<BalancerAddress> addresses) : Resolver
{
    public override void Start(Action<ResolverResult> listener) => listener(ResolverResult.ForResult(addresses));
}

/// <summary>For <c>static:///name</c>.</summary>
public sealed class StaticResolverFactory(Func<Uri, IEnumerable<BalancerAddress>> addressesCallback) : ResolverFactory
{
    public override string Name => "static";

    public override Resolver Create(ResolverOptions options) => new StaticResolver([.. addressesCallback(options.Address)]);
}
