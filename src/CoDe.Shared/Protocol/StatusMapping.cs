using CoDe.Flow;
using Grpc.Core;

namespace CoDe.Protocol;

/// <summary>Turns what the engine throws into a gRPC status, in one place.</summary>
public sealed class StatusMapping : CallWrapper
{
    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> answer)
    {
        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch (Exception error) when (StatusOf(error) is { } status)
        {
            throw new RpcException(status);
        }
    }

    /// <returns>Null for what only a fault of the program throws.</returns>
    public static Status? StatusOf(Exception error) => error switch
    {
        InvalidSettingException => new Status(StatusCode.InvalidArgument, error.Message, error),
        ModelNotServedException => new Status(StatusCode.NotFound, error.Message, error),
        StepsNotServedException => new Status(StatusCode.FailedPrecondition, error.Message, error),
        DeviceBusyException => new Status(StatusCode.ResourceExhausted, error.Message, error),
        NotReadyException => new Status(StatusCode.Unavailable, error.Message, error),
        _ => null,
    };
}
