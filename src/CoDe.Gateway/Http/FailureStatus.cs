using CoDe.Protocol;
using Grpc.Core;

namespace CoDe.Gateway.Http;

/// <summary>Maps what goes wrong with a request to a status, and logs what has none.</summary>
internal static class FailureStatus
{
    public static Status Of(Exception error, HttpRequest request, ILogger logger)
    {
        if (StatusMapping.StatusOf(error) is { } status)
        {
            return status;
        }

        logger.RequestFailed(request.Method, request.Path, error);
        return new Status(StatusCode.Unknown, "The request failed inside the service; its log has the reason.");
    }
}
