using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcServicesExtensions
{
    /// <summary>Adds what serving gRPC needs.</summary>
    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services) => services.AddGrpc(_ => { });

    /// <inheritdoc cref="AddGrpc(IServiceCollection)"/>
    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
    {
        services.AddRouting();
        services.AddOptions<GrpcServiceOptions>().Configure(configureOptions);
        return new Builder(services);
    }

    /// <summary>Changes the options for one service.</summary>
    public static IGrpcServerBuilder AddServiceOptions<TService>(this IGrpcServerBuilder grpcBuilder, Action<GrpcServiceOptions<TService>> configure)
        where TService : class
    {
        grpcBuilder.Services.AddTransient<IConfigureOptions<GrpcServiceOptions<TService>>, OptionsOfAllServices<TService>>();
        grpcBuilder.Services.Configure(configure);
        return grpcBuilder;
    }

    private sealed record Builder(IServiceCollection Services) : IGrpcServerBuilder;

    private sealed class OptionsOfAllServices<TService>(IOptions<GrpcServiceOptions> all) : IConfigureOptions<GrpcServiceOptions<TService>>
        where TService : class
    {
        public void Configure(GrpcServiceOptions<TService> options)
        {
            options.MaxSendMessageSize = all.Value.MaxSendMessageSize;
            options.MaxReceiveMessageSize = all.Value.MaxReceiveMessageSize;
            options.EnableDetailedErrors = all.Value.EnableDetailedErrors;
            options.ResponseCompressionAlgorithm = all.Value.ResponseCompressionAlgorithm;
            options.ResponseCompressionLevel = all.Value.ResponseCompressionLevel;
            foreach (var interceptor in all.Value.Interceptors)
            {
                options.Interceptors.Add(interceptor);
            }
        }
    }
}
