using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Makes each kind of call of one <see cref="HttpCall{TRequest, TResponse}"/>.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using var call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        call.Start(request);
        return new AsyncUnaryCall<TResponse>(call.ReadOneAsync(), call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        call.Start(request);
        return new AsyncServerStreamingCall<TResponse>(call, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        call.Start();
        return new AsyncClientStreamingCall<TRequest, TResponse>(call, call.ReadOneAsync(), call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        call.Start();
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(call, call, call);
    }
}
