using System.Text;
using CoDe.Flow;
using CoDe.Gateway.Http;
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
        catch (Exception error) when (
            error is UnauthenticatedException or NotAllowedException or NotReadyException)
        {
            Answer(http, StatusMapping.StatusOf(error)!.Value);
        }
    }

    /// <summary>Ends a call by headers alone; other requests get what HTTP has for it.</summary>
    private static void Answer(HttpContext http, Status status)
    {
        if (http.Request.ContentType?.StartsWith(GrpcType, StringComparison.OrdinalIgnoreCase) != true)
        {
            http.Response.StatusCode = HttpCode.Of(status.StatusCode);
            return;
        }

        http.Response.ContentType = GrpcType;
        http.Response.Headers["grpc-status"] = $"{(int)status.StatusCode}";
        http.Response.Headers["grpc-message"] = Encode(status.Detail);
    }

    /// <summary>Encodes a message as gRPC has it: clients need not decode what may stand for itself.</summary>
    private static string Encode(string message) => string.Concat(Encoding.UTF8.GetBytes(message)
        .Select(each => each is >= (byte)' ' and <= (byte)'~' and not (byte)'%' ? $"{(char)each}" : $"%{each:X2}"));
}
