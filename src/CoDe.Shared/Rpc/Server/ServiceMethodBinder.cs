using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Makes a handler of every method that a generated base class declares; a service object is made for each call.</summary>
internal sealed class ServiceMethodBinder<TService>(GrpcServiceOptions options, Action<IMethod, ServerCallHandler> add) : ServiceBinderBase
    where TService : class
{
    private static readonly ObjectFactory<TService> Create = ActivatorUtilities.CreateFactory<TService>([]);

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
        var run = Open<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method);
        Add(method, async (http, call) => await WriteAsync(http, call, method, await run(Service(http), await ReadOneAsync(call, method).ConfigureAwait(false), call).ConfigureAwait(false)).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var run = Open<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(method);
        Add(method, async (http, call) => await WriteAsync(http, call, method, await run(Service(http), Reader(call, method), call).ConfigureAwait(false)).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var run = Open<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method);
        Add(method, async (http, call) => await run(Service(http), await ReadOneAsync(call, method).ConfigureAwait(false), Writer(http, call, method), call).ConfigureAwait(false));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var run = Open<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method);
        Add(method, (http, call) => run(Service(http), Reader(call, method), Writer(http, call, method), call));
    }

    private static TService Service(HttpContext http) => http.RequestServices.GetService<TService>() ?? Create(http.RequestServices, []);

    private static ServerStreamReader<TRequest> Reader<TRequest, TResponse>(HttpContextServerCallContext call, Method<TRequest, TResponse> method)
        where TRequest : class => new(call, method.RequestMarshaller);

    private static ServerStreamWriter<TResponse> Writer<TRequest, TResponse>(HttpContext http, HttpContextServerCallContext call, Method<TRequest, TResponse> method)
        where TResponse : class => new(call, method.ResponseMarshaller, http.Response.BodyWriter);

    private static async ValueTask<TRequest> ReadOneAsync<TRequest, TResponse>(HttpContextServerCallContext call, Method<TRequest, TResponse> method)
        where TRequest : class
        => await call.Reader.ReadAsync(method.RequestMarshaller, call.CancellationToken).ConfigureAwait(false)
            ?? throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));

    private static Task WriteAsync<TRequest, TResponse>(HttpContext http, HttpContextServerCallContext call, Method<TRequest, TResponse> method, TResponse response)
        where TResponse : class
        => response is null
            ? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."))
            : Writer(http, call, method).WriteAsync(response);

    /// <summary>The service's own method as a delegate that takes the service object.</summary>
    private static TDelegate Open<TDelegate>(IMethod method)
        where TDelegate : Delegate
    {
        Type[] parameters = [.. typeof(TDelegate).GetMethod("Invoke")!.GetParameters().Skip(1).Select(parameter => parameter.ParameterType)];
        return typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)!.CreateDelegate<TDelegate>();
    }

    private void Add(IMethod method, Func<HttpContext, HttpContextServerCallContext, Task> invoke) => add(method, new ServerCallHandler(options, invoke));
}
