namespace Grpc.Core.Interceptors;

/// <summary>Shows every call to an interceptor first.</summary>
internal sealed class InterceptingCallInvoker(CallInvoker invoker, Interceptor interceptor) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => interceptor.BlockingUnaryCall(request, new ClientInterceptorContext<TRequest, TResponse>(method, host, options), (next, call) => invoker.BlockingUnaryCall(call.Method, call.Host, call.Options, next));

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => interceptor.AsyncUnaryCall(request, new ClientInterceptorContext<TRequest, TResponse>(method, host, options), (next, call) => invoker.AsyncUnaryCall(call.Method, call.Host, call.Options, next));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => interceptor.AsyncServerStreamingCall(request, new ClientInterceptorContext<TRequest, TResponse>(method, host, options), (next, call) => invoker.AsyncServerStreamingCall(call.Method, call.Host, call.Options, next));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        => interceptor.AsyncClientStreamingCall<TRequest, TResponse>(new(method, host, options), call => invoker.AsyncClientStreamingCall(call.Method, call.Host, call.Options));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        => interceptor.AsyncDuplexStreamingCall<TRequest, TResponse>(new(method, host, options), call => invoker.AsyncDuplexStreamingCall(call.Method, call.Host, call.Options));
}
