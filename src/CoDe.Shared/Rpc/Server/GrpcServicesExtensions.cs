using Grpc.AspNetCore.Server;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcServicesExtensions
{
    /// <summary>Adds what serving gRPC needs.</summary>
    public static IServiceCollection AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions>? configureOptions = null)
    {
        services.AddRouting();
        services.AddOptions<GrpcServiceOptions>().Configure(configureOptions ?? (_ => { }));
        return services;
    }
}
