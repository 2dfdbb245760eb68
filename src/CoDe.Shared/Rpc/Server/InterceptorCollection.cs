using System.Collections.ObjectModel;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Interceptors of a server by type: those that are registered as services are taken from there, others are made for each call.</summary>
public class InterceptorCollection : Collection<InterceptorRegistration>
{
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(typeof(TInterceptor), args);

    /// <exception cref="ArgumentException">The type is no interceptor.</exception>
    public void Add(Type interceptorType, params object[] args) => Add(interceptorType.IsSubclassOf(typeof(Interceptor))
        ? new InterceptorRegistration(interceptorType, args)
        : throw new ArgumentException($"{interceptorType} does not derive from {typeof(Interceptor)}.", nameof(interceptorType)));
}

/// <summary>What an interceptor is made of.</summary>
public sealed class InterceptorRegistration
{
    internal InterceptorRegistration(Type type, IReadOnlyList<object> arguments) => (Type, Arguments) = (type, arguments);

    public Type Type { get; }

    /// <summary>For its constructor, beside what services give.</summary>
    public IReadOnlyList<object> Arguments { get; }

    internal Interceptor Create(IServiceProvider services)
        => (Interceptor)(services.GetService(Type) ?? ActivatorUtilities.CreateInstance(services, Type, [.. Arguments]));
}
