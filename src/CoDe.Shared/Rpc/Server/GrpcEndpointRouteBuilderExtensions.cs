using Grpc.AspNetCore.Server;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

public static class GrpcEndpointRouteBuilderExtensions
{
    private const int Unimplemented = 12;

    /// <summary>Serves the methods of a generated service.</summary>
    public static IEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        var options = builder.ServiceProvider.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var group = builder.MapGroup("");
        var services = new HashSet<string>();
        new ServiceMethodBinder<TService>(options, (method, handler) =>
        {
            services.Add(method.ServiceName);
            group.MapPost(method.FullName, (RequestDelegate)handler.HandleAsync).WithDisplayName($"gRPC - {method.FullName}").WithMetadata(method);
        }).Bind();
        foreach (var service in services)
        {
            group.MapPost($"/{service}/{{unimplementedMethod}}", http => Refuse(http, "Method is unimplemented.")).WithOrder(1);
        }

        if (!builder.DataSources.SelectMany(source => source.Endpoints).Any(endpoint => endpoint.DisplayName == UnknownService))
        {
            builder.MapPost("/{unimplementedService}/{unimplementedMethod}", http => Refuse(http, "Service is unimplemented.")).WithOrder(2).WithDisplayName(UnknownService);
        }

        return group;
    }

    private const string UnknownService = "gRPC - unimplemented service";

    private static Task Refuse(HttpContext http, string detail)
    {
        if (!ProtocolText.IsGrpc(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        http.Response.ContentType = ProtocolText.ContentType;
        http.Response.AppendTrailer(ProtocolText.StatusHeader, $"{Unimplemented}");
        http.Response.AppendTrailer(ProtocolText.MessageHeader, ProtocolText.PercentEncode(detail));
        return Task.CompletedTask;
    }
}
