using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Xunit;

namespace CoDe.Tests.Rpc;

public sealed class InterceptorTests
{
    private static readonly string[] InOrder = ["client 1", "client 2", "server 1", "server 2"];
    private static readonly string[] StreamingMethods = ["FullDuplexCall", "StreamingOutputCall", "StreamingInputCall"];

    [Fact]
    public async Task Interceptors_OfBothSides_SeeEachKindOfCallInTheirOrder()
    {
        var log = new List<string>();
        var service = new ScriptedService
        {
            Duplex = async (requests, responses, _) =>
            {
                Assert.True(await requests.MoveNext(default));
                await responses.WriteAsync(new StreamingOutputCallResponse());
            },
        };
        await using var server = await RpcServer.StartAsync(service, options =>
        {
            options.Interceptors.Add<Recorder>("server 1", log);
            options.Interceptors.Add<Recorder>("server 2", log);
        });
        var client = new TestService.TestServiceClient(server.Channel.Intercept(new Recorder("client 1", log), new Recorder("client 2", log)));

        await client.UnaryCallAsync(new SimpleRequest());
        Assert.Equal(InOrder.Select(who => $"{who} UnaryCall"), log);

        log.Clear();
        using (var duplex = client.FullDuplexCall())
        {
            await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest());
            Assert.True(await duplex.ResponseStream.MoveNext(default));
        }

        using (var output = client.StreamingOutputCall(new StreamingOutputCallRequest()))
        {
            Assert.False(await output.ResponseStream.MoveNext(default));
        }

        using (var input = client.StreamingInputCall())
        {
            await input.RequestStream.CompleteAsync();
            await Assert.ThrowsAsync<RpcException>(() => input.ResponseAsync);
        }

        Assert.Equal(from method in StreamingMethods from who in InOrder select $"{who} {method}", log);
    }

    [Fact]
    public void BlockingCall_PassesInterceptors()
    {
        var log = new List<string>();
        var client = new TestService.TestServiceClient(new NoServer().Intercept(new Recorder("client", log)));
        Assert.Equal("blocked", client.UnaryCall(new SimpleRequest()).Username);
        Assert.Equal(["client UnaryCall"], log);
    }

    [Fact]
    public async Task ServerInterceptor_ThatRefuses_KeepsTheCallFromTheService()
    {
        var service = new ScriptedService();
        await using var server = await RpcServer.StartAsync(service, options => options.Interceptors.Add<Guard>());
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryCallAsync(new SimpleRequest()));
        Assert.Equal((StatusCode.Unauthenticated, 0), (error.StatusCode, service.Calls));
        await server.Client.UnaryCallAsync(new SimpleRequest(), new Metadata { { "key", "right" } });
        Assert.Equal(1, service.Calls);
    }

    private sealed class Guard : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
            => context.RequestHeaders.GetValue("key") == "right" ? continuation(request, context) : throw new RpcException(new Status(StatusCode.Unauthenticated, "key"));
    }

    private sealed class Recorder(string name, List<string> log) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
            => Record(context.Method.Name, continuation(request, context));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Record(context.Method.Name, 0);
            return continuation(request, context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Record(context.Method.Name, 0);
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Record(context.Method.Name, 0);
            return continuation(context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Record(context.Method.Name, 0);
            return continuation(context);
        }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Record(NameOf(context), 0);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record(NameOf(context), 0);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record(NameOf(context), 0);
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record(NameOf(context), 0);
            return continuation(requestStream, responseStream, context);
        }

        private static string NameOf(ServerCallContext context) => context.Method.Split('/')[^1];

        private T Record<T>(string method, T result)
        {
            log.Add($"{name} {method}");
            return result;
        }
    }

    /// <summary>Answers blocking calls by itself.</summary>
    private sealed class NoServer : CallInvoker
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
            => (TResponse)(object)new SimpleResponse { Username = "blocked" };

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
            => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
