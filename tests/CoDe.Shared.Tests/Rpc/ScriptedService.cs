using Grpc.Core;
using Grpc.Testing;

namespace CoDe.Tests.Rpc;

/// <summary>A service whose methods are given by the test, and which counts its calls.</summary>
internal sealed class ScriptedService : TestService.TestServiceBase
{
    private int _calls;

    public int Calls => _calls;

    public Func<int, SimpleRequest, ServerCallContext, Task<SimpleResponse>> Unary { get; init; } = (_, _, _) => Task.FromResult(new SimpleResponse());

    public Func<int, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Output { get; init; } = (_, _, _) => Task.CompletedTask;

    public Func<IAsyncStreamReader<StreamingOutputCallRequest>, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Duplex { get; init; } =
        (_, _, _) => Task.CompletedTask;

    /// <summary>Fails so many times before it answers.</summary>
    public static ScriptedService Failing(int times, StatusCode code, Metadata? trailers = null) => new()
    {
        Unary = (call, _, _) => call <= times ? throw new RpcException(new Status(code, $"failure {call}"), trailers ?? []) : Task.FromResult(new SimpleResponse { Username = $"{call}" }),
    };

    public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => Unary(Interlocked.Increment(ref _calls), request, context);

    public override Task StreamingOutputCall(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
        => Output(Interlocked.Increment(ref _calls), responseStream, context);

    public override Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
        => Duplex(requestStream, responseStream, context);
}
