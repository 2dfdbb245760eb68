using CoDe.Flow;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CoDe.Protocol;

/// <summary>Turns what the engine throws into a gRPC status, in one place.</summary>
public sealed class StatusMapping : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception error) when (StatusOf(error) is { } status)
        {
            throw new RpcException(status);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
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
        _ => null,
    };
}
