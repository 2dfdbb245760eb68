using System.Reflection;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Makes a handler of every method that a generated base class declares; a service object is made for each call.</summary>
internal sealed class ServiceMethodBinder<TService>(GrpcServiceOptions options, ILogger logger, Action<IMethod, ServerCallHandler> add) : ServiceBinderBase
    where TService : class
{
    private static readonly ObjectFactory<TService> Create = ActivatorUtilities.CreateFactory<TService>([]);

    private readonly InterceptorPipeline _interceptors = new(options.Interceptors);

    /// <summary>Calls the generated <c>BindService(ServiceBinderBase, Base)</c>.</summary>
    /// <exception cref="InvalidOperationException">The type derives from no generated service.</exception>
    public void Bind()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                var bind = attribute.BindType.GetMethod(attribute.BindMethodName, [typeof(ServiceBinderBase), type])!;
                bind.Invoke(null, [this, null]);
                return;
            }
        }

        throw new InvalidOperationException($"{typeof(TService)} derives from no generated gRPC service.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var open = Open<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method);
        var run = _interceptors.Around<TRequest, TResponse>((request, call) => open(Service(call), request, call));
        Add(method, async call => Respond(call, method, await run(await ReadOneAsync(call, method).ConfigureAwait(false), call).ConfigureAwait(false)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var open = Open<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(method);
        var run = _interceptors.Around<TRequest, TResponse>((requests, call) => open(Service(call), requests, call));
        Add(method, async call => Respond(call, method, await run(Reader(call, method), call).ConfigureAwait(false)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var open = Open<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method);
        var run = _interceptors.Around<TRequest, TResponse>((request, responses, call) => open(Service(call), request, responses, call));
        Add(method, async call => await run(await ReadOneAsync(call, method).ConfigureAwait(false), Writer(call, method), call).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var open = Open<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method);
        var run = _interceptors.Around<TRequest, TResponse>((requests, responses, call) => open(Service(call), requests, responses, call));
        Add(method, call => run(Reader(call, method), Writer(call, method), call));
    }

    private static TService Service(ServerCallContext call)
    {
        var services = call.GetHttpContext().RequestServices;
        return services.GetService<TService>() ?? Create(services, []);
    }

    private static ServerStreamReader<TRequest> Reader<TRequest, TResponse>(HttpContextServerCallContext call, Method<TRequest, TResponse> method)
        where TRequest : class => new(call, method.RequestMarshaller);

    private static ServerStreamWriter<TResponse> Writer<TRequest, TResponse>(HttpContextServerCallContext call, Method<TRequest, TResponse> method)
        where TResponse : class => new(call, method.ResponseMarshaller);

    private static ValueTask<TRequest> ReadOneAsync<TRequest, TResponse>(HttpContextServerCallContext call, Method<TRequest, TResponse> method)
        where TRequest : class => call.Reader.ReadOnlyAsync(method.RequestMarshaller, call.CancellationToken);

    /// <summary>The one response goes out with the trailers.</summary>
    private static void Respond<TRequest, TResponse>(HttpContextServerCallContext call, Method<TRequest, TResponse> method, TResponse? response)
        where TResponse : class
        => call.Write(method.ResponseMarshaller, response ?? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method.")), null);

    /// <summary>The service's own method as a delegate that takes the service object.</summary>
    private static TDelegate Open<TDelegate>(IMethod method)
        where TDelegate : Delegate
    {
        Type[] parameters = [.. typeof(TDelegate).GetMethod("Invoke")!.GetParameters().Skip(1).Select(parameter => parameter.ParameterType)];
        return typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)!.CreateDelegate<TDelegate>();
    }

    private void Add(IMethod method, Func<HttpContextServerCallContext, Task> invoke) => add(method, new ServerCallHandler(method, options, logger, invoke));
}
