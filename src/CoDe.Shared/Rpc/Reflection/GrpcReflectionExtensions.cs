using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection
{
    public static class GrpcReflectionServiceExtensions
    {
        /// <summary>Adds reflection over all gRPC services that are mapped.</summary>
        public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
        {
            services.TryAddSingleton(provider => new ReflectionV1ServiceImpl(Descriptors(provider)));
            services.TryAddSingleton(provider => new ReflectionServiceImpl(Descriptors(provider)));
            return services;
        }

        private static IEnumerable<Google.Protobuf.Reflection.ServiceDescriptor> Descriptors(IServiceProvider provider)
            => provider.GetRequiredService<EndpointDataSource>().Endpoints
                .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType).OfType<Type>().Distinct()
                .Select(DescriptorOf).OfType<Google.Protobuf.Reflection.ServiceDescriptor>();

        /// <summary>Generated code has it beside the base class of the service.</summary>
        private static Google.Protobuf.Reflection.ServiceDescriptor? DescriptorOf(Type service)
        {
            for (var type = service; type is not null; type = type.BaseType)
            {
                if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
                {
                    return attribute.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as Google.Protobuf.Reflection.ServiceDescriptor;
                }
            }

            return null;
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    public static class GrpcReflectionEndpointRouteBuilderExtensions
    {
        /// <summary>Serves <c>grpc.reflection.v1</c> and <c>v1alpha</c>.</summary>
        public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
        {
            builder.MapGrpcService<ReflectionServiceImpl>();
            return builder.MapGrpcService<ReflectionV1ServiceImpl>();
        }
    }
}
