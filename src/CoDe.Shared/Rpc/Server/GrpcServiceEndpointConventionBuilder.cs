namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds conventions to all methods of a service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IEndpointConventionBuilder _endpoints;

    internal GrpcServiceEndpointConventionBuilder(IEndpointConventionBuilder endpoints) => _endpoints = endpoints;

    public void Add(Action<EndpointBuilder> convention) => _endpoints.Add(convention);

    public void Finally(Action<EndpointBuilder> finallyConvention) => _endpoints.Finally(finallyConvention);
}
