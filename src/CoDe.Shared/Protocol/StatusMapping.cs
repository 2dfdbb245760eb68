using System.Net.Sockets;
using CoDe.Flow;
using Grpc.Core;

namespace CoDe.Protocol;

/// <summary>Maps domain exceptions to gRPC statuses and back: the one place that knows both.</summary>
public sealed class StatusMapping : CallWrapper
{
    private const string RetryAfter = "retry-after";

    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch (Exception error) when (StatusOf(error) is { } status)
        {
            throw new RpcException(status, TrailersOf(error));
        }
    }

    /// <returns>Null for an exception that only a fault of the program throws.</returns>
    public static Status? StatusOf(Exception error)
        => CodeOf(error) is { } code ? new Status(code, error.Message, error) : null;

    /// <summary>The status that the client gets of a call that threw.</summary>
    public static StatusCode CodeOf(Exception error, ServerCallContext context) => error switch
    {
        RpcException status => status.StatusCode,
        _ when context.CancellationToken.IsCancellationRequested => StatusCode.Cancelled,
        _ => CodeOf(error) ?? StatusCode.Unknown,
    };

    /// <summary>Tells whether a call failed by a fault of the service, which no status describes.</summary>
    public static bool IsFault(Exception error, ServerCallContext context)
        => error is not RpcException && CodeOf(error, context) == StatusCode.Unknown;

    /// <summary>
    /// Maps a domain exception to one that ends a call with its status; for what reads requests, around which no
    /// interceptor stands.
    /// </summary>
    public static Exception CallEnd(Exception error)
        => StatusOf(error) is { } status ? new RpcException(status, TrailersOf(error)) : error;

    /// <summary>Maps the failure of a call to a stage to a domain exception.</summary>
    public static Exception ExceptionOf(RpcException error) => error.StatusCode switch
    {
        StatusCode.InvalidArgument => new InvalidSettingException(error.Status.Detail),
        StatusCode.NotFound => new ModelNotServedException(error.Status.Detail),
        StatusCode.FailedPrecondition => new StepsNotServedException(error.Status.Detail),
        StatusCode.ResourceExhausted => new StageFaultException(StageFault.Busy, error.Status.Detail, error),
        // A stage that refuses the gateway's certificate does so over this connection, and asks for another.
        StatusCode.Unavailable or StatusCode.Unauthenticated
            => new StageFaultException(StageFault.Lost, error.Status.Detail, error),
        _ when IsConnectionFailure(error.Status.DebugException)
            => new StageFaultException(StageFault.Lost, error.Status.Detail, error),
        StatusCode.DeadlineExceeded => new StageFaultException(StageFault.Lost, "no answer before the deadline", error),
        _ => new StageFaultException(StageFault.Failed, error.Status.Detail, error),
    };

    private static StatusCode? CodeOf(Exception error) => error switch
    {
        InvalidSettingException => StatusCode.InvalidArgument,
        ModelNotServedException or JobNotFoundException => StatusCode.NotFound,
        NotAllowedException => StatusCode.PermissionDenied,
        DeadlineException => StatusCode.DeadlineExceeded,
        UnauthenticatedException => StatusCode.Unauthenticated,
        JobExistsException => StatusCode.AlreadyExists,
        StepsNotServedException or JobsNotConfiguredException => StatusCode.FailedPrecondition,
        DeviceBusyException or OverloadedException or MessageTooLargeException
            or StageFaultException { Fault: StageFault.Busy } => StatusCode.ResourceExhausted,
        NotReadyException or DeviceFailedException or StageFaultException { Fault: StageFault.Lost }
            => StatusCode.Unavailable,
        OutOfDeviceMemoryException or LogitsException or StageFaultException => StatusCode.Internal,
        _ => null,
    };

    private static Metadata TrailersOf(Exception error)
        => error is OverloadedException overloaded
            ? new Metadata { { RetryAfter, $"{overloaded.RetryAfterSeconds}" } }
            : [];

    /// <summary>The client library reports a connection that is cut during the handshake as INTERNAL.</summary>
    private static bool IsConnectionFailure(Exception? cause)
        => cause is HttpRequestException or IOException or SocketException;
}
