using System.Collections.ObjectModel;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Interceptors of a server by type: those that are registered as services are taken from there, others are made for each call.</summary>
public class InterceptorCollection : Collection<InterceptorRegistration>
{
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(new InterceptorRegistration(typeof(TInterceptor), args));
}

/// <param name="Arguments">For its constructor, beside what services give.</param>
public sealed record InterceptorRegistration(Type Type, IReadOnlyList<object> Arguments)
{
    internal Interceptor Create(IServiceProvider services)
        => (Interceptor)(services.GetService(Type) ?? ActivatorUtilities.CreateInstance(services, Type, [.. Arguments]));
}
