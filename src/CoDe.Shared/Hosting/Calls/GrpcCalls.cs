using CoDe.Hosting.Lifecycle;
using CoDe.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Hosting.Calls;

/// <summary>Adds gRPC and its interceptors.</summary>
internal static class GrpcCalls
{
    /// <summary>Adds gRPC with reflection. The first interceptor is the outermost.</summary>
    /// <param name="largestMessage">Largest message that is received, in bytes.</param>
    public static void AddGrpcCalls(this WebApplicationBuilder builder, int largestMessage)
    {
        builder.Services.AddSingleton<CallErrors>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = largestMessage;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<CallErrors>();
            grpc.Interceptors.Add<StatusMapping>();
            grpc.Interceptors.Add<WorkInterceptor>();
            grpc.Interceptors.Add<CancelledStreams>();
        });
        builder.Services.AddGrpcReflection();
    }
}
