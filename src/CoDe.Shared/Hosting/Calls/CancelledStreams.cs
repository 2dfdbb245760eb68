using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CoDe.Hosting.Calls;

/// <summary>
/// Ends a stream whose client has cancelled as cancelled. The library throws an invalid operation for a message that
/// comes too late, and would log that as a fault of the service.
/// </summary>
internal sealed class CancelledStreams : Interceptor
{
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
        => continuation(request, new Writer<TResponse>(responseStream, context.CancellationToken), context);

    private sealed class Writer<T>(IServerStreamWriter<T> stream, CancellationToken call) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => stream.WriteOptions;
            set => stream.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public async Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            call.ThrowIfCancellationRequested();
            try
            {
                await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidOperationException late) when (call.IsCancellationRequested)
            {
                throw new OperationCanceledException(late.Message, late, call);
            }
        }
    }
}
