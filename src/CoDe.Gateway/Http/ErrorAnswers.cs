using CoDe.Flow;
using CoDe.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Primitives;

namespace CoDe.Gateway.Http;

/// <summary>Answers what goes wrong with <c>{"code":3,"message":"..."}</c>, the status that gRPC clients get of the same.</summary>
internal sealed partial class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            await ExplainAsync(http);
        }
        catch (Exception error) when (http.RequestAborted.IsCancellationRequested || error is ConnectionResetException)
        {
            // Nobody reads it, but a log of requests has it.
            http.Response.StatusCode = http.Response.HasStarted ? http.Response.StatusCode : HttpCode.Of(StatusCode.Cancelled);
        }
        catch (BadHttpRequestException error)
        {
            var code = error.StatusCode == StatusCodes.Status413PayloadTooLarge ? StatusCode.ResourceExhausted : StatusCode.InvalidArgument;
            await AnswerAsync(http, new Status(code, error.Message), error.StatusCode);
        }
        catch (Exception error)
        {
            http.Response.Headers.RetryAfter = error is OverloadedException overloaded ? $"{overloaded.RetryAfterSeconds}" : default(StringValues);
            await AnswerAsync(http, StatusMapping.StatusOf(error) ?? Unknown(http, error));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogFailure(ILogger logger, string method, string path, Exception error);

    /// <summary>Routing answers with a number alone.</summary>
    private static Task ExplainAsync(HttpContext http) => (http.Response.HasStarted, http.Response.StatusCode) switch
    {
        (false, StatusCodes.Status404NotFound) => AnswerAsync(http, new Status(StatusCode.NotFound, $"There is nothing at {http.Request.Path}.")),
        (false, StatusCodes.Status405MethodNotAllowed) => AnswerAsync(
            http, new Status(StatusCode.Unimplemented, $"{http.Request.Path} does not take {http.Request.Method}; allowed: {http.Response.Headers.Allow}."), http.Response.StatusCode),
        _ => Task.CompletedTask,
    };

    private static Task AnswerAsync(HttpContext http, Status status, int? code = null)
    {
        http.Response.StatusCode = code ?? HttpCode.Of(status.StatusCode);
        return http.Response.WriteErrorAsync(status);
    }

    private Status Unknown(HttpContext http, Exception error)
    {
        LogFailure(logger, http.Request.Method, http.Request.Path, error);
        return new Status(StatusCode.Unknown, "The request failed inside the service; its log has the reason.");
    }
}
