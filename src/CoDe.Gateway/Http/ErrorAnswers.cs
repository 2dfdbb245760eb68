using CoDe.Flow;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Primitives;

namespace CoDe.Gateway.Http;

/// <summary>Answers errors with <c>{"code":3,"message":"..."}</c> and the status that gRPC clients get.</summary>
internal sealed class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger)
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
            if (!http.Response.HasStarted)
            {
                http.Response.StatusCode = HttpCode.Of(StatusCode.Cancelled);
            }
        }
        catch (BadHttpRequestException error)
        {
            await AnswerAsync(http, new Status(CodeOf(error.StatusCode), error.Message), error.StatusCode);
        }
        catch (Exception error)
        {
            http.Response.Headers.RetryAfter = error is OverloadedException overloaded
                ? $"{overloaded.RetryAfterSeconds}"
                : default(StringValues);
            var status = FailureStatus.Of(error, http.Request, logger);
            await AnswerAsync(http, status, HttpCode.Of(status.StatusCode));
        }
    }

    private static StatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        StatusCodes.Status408RequestTimeout => StatusCode.DeadlineExceeded,
        _ => StatusCode.InvalidArgument,
    };

    /// <summary>Routing answers with a number alone.</summary>
    private static Task ExplainAsync(HttpContext http)
    {
        var request = http.Request;
        var response = http.Response;
        return (response.HasStarted, response.StatusCode) switch
        {
            (false, StatusCodes.Status404NotFound) => AnswerAsync(
                http, new Status(StatusCode.NotFound, $"There is nothing at {request.Path}."), response.StatusCode),
            (false, StatusCodes.Status405MethodNotAllowed) => AnswerAsync(
                http, new Status(StatusCode.Unimplemented, MethodRefusal(http)), response.StatusCode),
            _ => Task.CompletedTask,
        };
    }

    private static string MethodRefusal(HttpContext http)
        => $"{http.Request.Path} does not take {http.Request.Method}; allowed: {http.Response.Headers.Allow}.";

    private static Task AnswerAsync(HttpContext http, Status status, int code)
    {
        http.Response.StatusCode = code;
        return http.Response.WriteErrorAsync(status);
    }
}
