using CoDe.Flow;
using CoDe.Protocol;
using Grpc.Core;

namespace CoDe.Gateway.Grpc;

/// <summary>Answers calls that do not come as far as a service with a status, as services do.</summary>
internal sealed class RefusedCalls(RequestDelegate next)
{
    private const string GrpcType = "application/grpc";

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (Exception error) when (error is UnauthenticatedException or NotAllowedException)
        {
            Answer(http, StatusMapping.StatusOf(error)!.Value);
        }
    }

    /// <summary>Ends a call by headers alone; other requests get what HTTP has for it.</summary>
    private static void Answer(HttpContext http, Status status)
    {
        if (http.Request.ContentType?.StartsWith(GrpcType, StringComparison.OrdinalIgnoreCase) != true)
        {
            http.Response.StatusCode = status.StatusCode == StatusCode.Unauthenticated
                ? StatusCodes.Status401Unauthorized
                : StatusCodes.Status403Forbidden;
            return;
        }

        http.Response.ContentType = GrpcType;
        http.Response.Headers["grpc-status"] = $"{(int)status.StatusCode}";
        http.Response.Headers["grpc-message"] = Uri.EscapeDataString(status.Detail);
    }
}
