using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace CoDe.Interop;

/// <summary>The server side of the interoperability contract (interop-test-descriptions.md, "Server").</summary>
public sealed class TestServiceImplementation : TestService.TestServiceBase
{
    private const string EchoInitial = "x-grpc-test-echo-initial";
    private const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    /// <summary>Uncompressed: what GZipStream, and with it the official packages, make of nothing is no gzip to grpc-js.</summary>
    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context)
    {
        context.WriteOptions = Compression(null);
        return Task.FromResult(new Empty());
    }

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        await EchoMetadata(context);
        CheckStatus(request.ResponseStatus);
        CheckCompression(request.ExpectCompressed, context);
        context.WriteOptions = Compression(request.ResponseCompressed);
        return new SimpleResponse { Payload = Zeros(request.ResponseSize) };
    }

    public override async Task StreamingOutputCall(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await EchoMetadata(context);
        CheckStatus(request.ResponseStatus);
        await Answer(request, responseStream, context);
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        var sum = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            CheckCompression(request.ExpectCompressed, context);
            sum += request.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = sum };
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await EchoMetadata(context);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            CheckStatus(request.ResponseStatus);
            await Answer(request, responseStream, context);
        }
    }

    private static async Task Answer(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responses, ServerCallContext context)
    {
        foreach (var parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(parameters.IntervalUs), context.CancellationToken);
            }

            responses.WriteOptions = Compression(parameters.Compressed);
            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeros(parameters.Size) });
        }
    }

    private static WriteOptions Compression(BoolValue? compressed) => compressed is { Value: true } ? new WriteOptions() : new WriteOptions(WriteFlags.NoCompress);

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };

    private static void CheckStatus(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
        }
    }

    /// <summary>Messages do not say whether they were compressed; the headers say whether they may be.</summary>
    private static void CheckCompression(BoolValue? expected, ServerCallContext context)
    {
        if (expected is { Value: true } && context.GetHttpContext().Request.Headers["grpc-encoding"].ToString() is "" or "identity")
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "The request was expected to be compressed."));
        }
    }

    private static async Task EchoMetadata(ServerCallContext context)
    {
        if (context.RequestHeaders.GetValueBytes(EchoTrailing) is { } trailing)
        {
            context.ResponseTrailers.Add(EchoTrailing, trailing);
        }

        if (context.RequestHeaders.GetValue(EchoInitial) is { } initial)
        {
            await context.WriteResponseHeadersAsync([new Metadata.Entry(EchoInitial, initial)]);
        }
    }
}
