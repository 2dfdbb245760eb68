using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

public static class GrpcEndpointRouteBuilderExtensions
{
    private const string UnknownService = "gRPC - unimplemented service";

    private static readonly GrpcServiceOptions Default = new();

    /// <summary>Serves the methods of a generated service.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        var services = builder.ServiceProvider;
        GrpcServiceOptions options = services.GetService<IConfigureOptions<GrpcServiceOptions<TService>>>() is null
            ? services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value
            : services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<TService>();
        var group = builder.MapGroup("");
        var names = new HashSet<string>();
        new ServiceMethodBinder<TService>(options, logger, (method, handler) =>
        {
            names.Add(method.ServiceName);
            group.MapPost(method.FullName, (RequestDelegate)handler.HandleAsync)
                .WithDisplayName($"gRPC - {method.FullName}").WithMetadata(new GrpcMethodMetadata(typeof(TService), method));
        }).Bind();
        foreach (var name in names)
        {
            group.MapPost($"/{name}/{{unimplementedMethod}}", http => Refuse(http, "Method is unimplemented.")).WithOrder(1);
        }

        if (!builder.DataSources.SelectMany(source => source.Endpoints).Any(endpoint => endpoint.DisplayName == UnknownService))
        {
            builder.MapPost("/{unimplementedService}/{unimplementedMethod}", http => Refuse(http, "Service is unimplemented.")).WithOrder(2).WithDisplayName(UnknownService);
        }

        return new GrpcServiceEndpointConventionBuilder(group);
    }

    private static Task Refuse(HttpContext http, string detail)
    {
        if (!ProtocolText.IsGrpc(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        using var call = new HttpContextServerCallContext(http, Default);
        call.End(new Status(StatusCode.Unimplemented, detail));
        return Task.CompletedTask;
    }
}
