using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>A call as what carries it knows it.</summary>
internal interface ICall : IDisposable
{
    Task<Metadata> ResponseHeadersAsync { get; }

    Status GetStatus();

    Metadata GetTrailers();
}

/// <summary>What every call offers beside its messages.</summary>
public abstract class AsyncCall : IDisposable
{
    private readonly ICall _call;

    private protected AsyncCall(ICall call) => _call = call;

    private protected AsyncCall(Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
        : this(new Functions(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction))
    {
    }

    public Task<Metadata> ResponseHeadersAsync => _call.ResponseHeadersAsync;

    /// <summary>How the call ended.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    public Status GetStatus() => _call.GetStatus();

    /// <inheritdoc cref="GetStatus"/>
    public Metadata GetTrailers() => _call.GetTrailers();

    /// <summary>Cancels the call if it has not ended.</summary>
    public void Dispose()
    {
        _call.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class Functions(Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction) : ICall
    {
        public Task<Metadata> ResponseHeadersAsync => responseHeadersAsync;

        public Status GetStatus() => getStatusFunc();

        public Metadata GetTrailers() => getTrailersFunc();

        public void Dispose() => disposeAction();
    }
}

public sealed class AsyncUnaryCall<TResponse> : AsyncCall
{
    public AsyncUnaryCall(
        Task<TResponse> responseAsync, Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
        : base(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction) => ResponseAsync = responseAsync;

    internal AsyncUnaryCall(Task<TResponse> responseAsync, ICall call)
        : base(call) => ResponseAsync = responseAsync;

    public Task<TResponse> ResponseAsync { get; }

    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) => ResponseAsync.ConfigureAwait(continueOnCapturedContext);
}

public sealed class AsyncClientStreamingCall<TRequest, TResponse> : AsyncCall
{
    public AsyncClientStreamingCall(
        IClientStreamWriter<TRequest> requestStream, Task<TResponse> responseAsync, Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
        : base(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction) => (RequestStream, ResponseAsync) = (requestStream, responseAsync);

    internal AsyncClientStreamingCall(IClientStreamWriter<TRequest> requestStream, Task<TResponse> responseAsync, ICall call)
        : base(call) => (RequestStream, ResponseAsync) = (requestStream, responseAsync);

    public IClientStreamWriter<TRequest> RequestStream { get; }

    public Task<TResponse> ResponseAsync { get; }

    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) => ResponseAsync.ConfigureAwait(continueOnCapturedContext);
}

public sealed class AsyncServerStreamingCall<TResponse> : AsyncCall
{
    public AsyncServerStreamingCall(
        IAsyncStreamReader<TResponse> responseStream, Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
        : base(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction) => ResponseStream = responseStream;

    internal AsyncServerStreamingCall(IAsyncStreamReader<TResponse> responseStream, ICall call)
        : base(call) => ResponseStream = responseStream;

    public IAsyncStreamReader<TResponse> ResponseStream { get; }
}

public sealed class AsyncDuplexStreamingCall<TRequest, TResponse> : AsyncCall
{
    public AsyncDuplexStreamingCall(
        IClientStreamWriter<TRequest> requestStream, IAsyncStreamReader<TResponse> responseStream, Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
        : base(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction) => (RequestStream, ResponseStream) = (requestStream, responseStream);

    internal AsyncDuplexStreamingCall(IClientStreamWriter<TRequest> requestStream, IAsyncStreamReader<TResponse> responseStream, ICall call)
        : base(call) => (RequestStream, ResponseStream) = (requestStream, responseStream);

    public IClientStreamWriter<TRequest> RequestStream { get; }

    public IAsyncStreamReader<TResponse> ResponseStream { get; }
}
