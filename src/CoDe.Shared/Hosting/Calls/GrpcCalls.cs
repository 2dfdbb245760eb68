using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using CoDe.Hosting.Tls;
using CoDe.Protocol;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Hosting.Calls;

/// <summary>Adds gRPC and its interceptors.</summary>
internal static class GrpcCalls
{
    /// <summary>Adds gRPC with reflection. The first interceptor is the outermost.</summary>
    /// <param name="largestMessage">Largest message that is received, in bytes, decompressed.</param>
    public static void AddGrpcCalls(this WebApplicationBuilder builder, int largestMessage)
    {
        builder.Services.AddSingleton<CallErrors>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = largestMessage;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<CallErrors>();
            grpc.Interceptors.Add<StatusMapping>();
            grpc.Interceptors.Add<CallerCertificateCheck>();
            grpc.Interceptors.Add<WorkInterceptor>();
            grpc.Interceptors.Add<CancelledStreams>();
        });
        builder.Services.PostConfigure<GrpcServiceOptions>(grpc => BoundCompression(grpc, largestMessage));
        builder.Services.AddGrpcReflection();
    }

    /// <summary>Ends calls whose request does not come in whole in time.</summary>
    public static void UseRequestDeadline(this WebApplication app, ServiceOptions options)
    {
        if (options.RequestSeconds > 0)
        {
            app.UseMiddleware<RequestDeadline>(TimeSpan.FromSeconds(options.RequestSeconds), TimeProvider.System);
        }
    }

    private static void BoundCompression(GrpcServiceOptions grpc, int largest)
    {
        for (var i = 0; i < grpc.CompressionProviders.Count; i++)
        {
            grpc.CompressionProviders[i] = new BoundedCompression(grpc.CompressionProviders[i], largest);
        }
    }
}
