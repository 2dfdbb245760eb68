using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CoDe.Hosting.Calls;

/// <summary>
/// Ends a stream whose client has cancelled as cancelled. For a message that is written or read too late the library
/// throws an exception that it would log as a fault of the service.
/// </summary>
internal sealed class CancelledStreams : Interceptor
{
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
        => continuation(request, new Writer<TResponse>(responseStream, context.CancellationToken), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        => continuation(
            new Reader<TRequest>(requestStream, context.CancellationToken),
            new Writer<TResponse>(responseStream, context.CancellationToken),
            context);

    internal sealed class Writer<T>(IServerStreamWriter<T> stream, CancellationToken call) : IServerStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => stream.WriteOptions;
            set => stream.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public async Task WriteAsync(T message, CancellationToken cancellationToken)
        {
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

    internal sealed class Reader<T>(IAsyncStreamReader<T> stream, CancellationToken call) : IAsyncStreamReader<T>
    {
        public T Current => stream.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            try
            {
                return await stream.MoveNext(cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidOperationException late) when (call.IsCancellationRequested)
            {
                throw new OperationCanceledException(late.Message, late, call);
            }
        }
    }
}
