using CoDe.Gateway.Callers;

namespace CoDe.Gateway.Grpc;

/// <summary>Checks the callers of the gRPC port.</summary>
internal static class GrpcCallers
{
    /// <summary>Must come after routing.</summary>
    public static void UseGrpcCallers(this IApplicationBuilder app, CallerOptions options)
    {
        if (options.AreKnown)
        {
            app.UseMiddleware<RefusedCalls>();
            app.UseCallers(options);
        }
    }
}
