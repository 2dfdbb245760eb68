using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves the calls of one method: checks the request, runs the handler within the deadline, and always ends with a status.</summary>
/// <param name="invoke">Reads what the method reads, runs it and writes what it yields.</param>
internal sealed partial class ServerCallHandler(IMethod method, GrpcServiceOptions options, ILogger logger, Func<HttpContextServerCallContext, Task> invoke)
{
    public async Task HandleAsync(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) || !ProtocolText.IsGrpc(http.Request.ContentType))
        {
            http.Response.StatusCode = HttpProtocol.IsHttp2(http.Request.Protocol) ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status426UpgradeRequired;
            return;
        }

        http.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate = null;
        http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = null;
        using var call = new HttpContextServerCallContext(http, options);
        var handler = RunAsync(call);
        var status = await StatusOf(handler, call).ConfigureAwait(false);
        try
        {
            await call.RestAsync().ConfigureAwait(false);
            call.End(status);
            if (!handler.IsCompleted)
            {
                await http.Response.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error) when (http.RequestAborted.IsCancellationRequested)
        {
            // Kestrel closes the response of a client that is gone at any moment, and what touches it then throws.
            LogUnheard(logger, method.FullName, error);
        }

        await handler.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed.")]
    private static partial void LogFailure(ILogger logger, string method, Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} ended when its client was gone.")]
    private static partial void LogUnheard(ILogger logger, string method, Exception error);

    private async Task RunAsync(HttpContextServerCallContext call) => await invoke(call).ConfigureAwait(false);

    /// <summary>
    /// How the call ended. After a deadline the client is told at once; the request's memory is kept until the handler, whose token has
    /// ended, returns.
    /// </summary>
    private async Task<Status> StatusOf(Task handler, HttpContextServerCallContext call)
    {
        try
        {
            await (call.HasDeadline ? handler.WaitAsync(call.CancellationToken) : handler).ConfigureAwait(false);
            return call.Status;
        }
        catch (RpcException error)
        {
            foreach (var entry in error.Trailers)
            {
                call.ResponseTrailers.Add(entry);
            }

            return error.Status;
        }
        catch (Exception) when (call.DeadlinePassed)
        {
            return new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
        }
        catch (Exception error) when (error is OperationCanceledException or IOException && call.CancellationToken.IsCancellationRequested)
        {
            return Status.DefaultCancelled;
        }
        catch (BadHttpRequestException error)
        {
            return new Status(StatusCode.Internal, "The request is broken.", error);
        }
        catch (Exception error)
        {
            LogFailure(logger, method.FullName, error);
            var detail = options.EnableDetailedErrors == true ? $"Exception was thrown by handler. {error.GetType().Name}: {error.Message}" : "Exception was thrown by handler.";
            return new Status(StatusCode.Unknown, detail, error);
        }
    }
}
