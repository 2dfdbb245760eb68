using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

/// <summary>Puts interceptors around a method. They are made for each call, when it comes to them.</summary>
internal sealed class InterceptorPipeline(IReadOnlyList<InterceptorRegistration> registrations)
{
    public UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
        => Fold(method, (registration, inner) => (request, call) => Create(registration, call).UnaryServerHandler(request, call, inner));

    public ClientStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ClientStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
        => Fold(method, (registration, inner) => (requests, call) => Create(registration, call).ClientStreamingServerHandler(requests, call, inner));

    public ServerStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ServerStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
        => Fold(method, (registration, inner) => (request, responses, call) => Create(registration, call).ServerStreamingServerHandler(request, responses, call, inner));

    public DuplexStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(DuplexStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
        => Fold(method, (registration, inner) => (requests, responses, call) => Create(registration, call).DuplexStreamingServerHandler(requests, responses, call, inner));

    private static Interceptor Create(InterceptorRegistration registration, ServerCallContext call) => registration.Create(call.GetHttpContext().RequestServices);

    private TMethod Fold<TMethod>(TMethod method, Func<InterceptorRegistration, TMethod, TMethod> wrap)
        => registrations.Reverse().Aggregate(method, (inner, registration) => wrap(registration, inner));
}
