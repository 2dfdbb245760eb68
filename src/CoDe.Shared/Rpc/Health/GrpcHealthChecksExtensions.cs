using Grpc.AspNetCore.HealthChecks;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection
{
    public static class GrpcHealthChecksServiceExtensions
    {
        /// <summary>Adds health checks that the standard gRPC health service tells of.</summary>
        public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services) => services.AddGrpcHealthChecks(_ => { });

        /// <inheritdoc cref="AddGrpcHealthChecks(IServiceCollection)"/>
        public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
        {
            services.TryAddSingleton<HealthServiceImpl>();
            services.TryAddSingleton<HealthChecksService>();
            services.AddSingleton<IHealthCheckPublisher>(provider => provider.GetRequiredService<HealthChecksService>());
            services.Configure<GrpcHealthChecksOptions>(options => options.Services.Map("", _ => true));
            services.Configure(configure);
            return services.AddHealthChecks();
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    public static class GrpcHealthChecksEndpointRouteBuilderExtensions
    {
        /// <summary>Serves <c>grpc.health.v1.Health</c>.</summary>
        public static GrpcServiceEndpointConventionBuilder MapGrpcHealthChecksService(this IEndpointRouteBuilder builder) => builder.MapGrpcService<HealthChecksService>();
    }
}
