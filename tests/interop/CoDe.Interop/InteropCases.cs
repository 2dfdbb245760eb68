using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace CoDe.Interop;

/// <summary>The client side of the interoperability contract (interop-test-descriptions.md): each case throws where the server is wrong.</summary>
public static class InteropCases
{
    private const string SpecialMessage = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP \U0001F608\t\n";
    private const string EchoInitial = "x-grpc-test-echo-initial";
    private const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    private static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];
    private static readonly Metadata Compressed = new() { { "grpc-internal-encoding-request", "gzip" } };

    public static IReadOnlyDictionary<string, Func<GrpcChannel, Task>> All { get; } = new Dictionary<string, Func<GrpcChannel, Task>>
    {
        ["empty_unary"] = channel => EmptyUnary(new TestService.TestServiceClient(channel)),
        ["large_unary"] = channel => LargeUnary(new TestService.TestServiceClient(channel)),
        ["client_compressed_unary"] = channel => ClientCompressedUnary(new TestService.TestServiceClient(channel)),
        ["server_compressed_unary"] = channel => ServerCompressedUnary(new TestService.TestServiceClient(channel)),
        ["client_streaming"] = channel => ClientStreaming(new TestService.TestServiceClient(channel)),
        ["client_compressed_streaming"] = channel => ClientCompressedStreaming(new TestService.TestServiceClient(channel)),
        ["server_streaming"] = channel => ServerStreaming(new TestService.TestServiceClient(channel), ResponseSizes, [false, false, false, false]),
        ["server_compressed_streaming"] = channel => ServerStreaming(new TestService.TestServiceClient(channel), [31415, 92653], [true, false]),
        ["ping_pong"] = channel => PingPong(new TestService.TestServiceClient(channel)),
        ["empty_stream"] = channel => EmptyStream(new TestService.TestServiceClient(channel)),
        ["cancel_after_begin"] = channel => CancelAfterBegin(new TestService.TestServiceClient(channel)),
        ["cancel_after_first_response"] = channel => CancelAfterFirstResponse(new TestService.TestServiceClient(channel)),
        ["timeout_on_sleeping_server"] = channel => TimeoutOnSleepingServer(new TestService.TestServiceClient(channel)),
        ["custom_metadata"] = channel => CustomMetadata(new TestService.TestServiceClient(channel)),
        ["status_code_and_message"] = channel => StatusCodeAndMessage(new TestService.TestServiceClient(channel)),
        ["special_status_message"] = channel => SpecialStatusMessage(new TestService.TestServiceClient(channel)),
        ["unimplemented_method"] = channel => Unimplemented(async () => await new TestService.TestServiceClient(channel).UnimplementedCallAsync(new Empty())),
        ["unimplemented_service"] = channel => Unimplemented(async () => await new UnimplementedService.UnimplementedServiceClient(channel).UnimplementedCallAsync(new Empty())),
    };

    private static async Task EmptyUnary(TestService.TestServiceClient client) => Same(new Empty(), await client.EmptyCallAsync(new Empty()));

    private static async Task LargeUnary(TestService.TestServiceClient client)
        => Zeros(314159, (await client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828) })).Payload);

    private static async Task ClientCompressedUnary(TestService.TestServiceClient client)
    {
        var request = new SimpleRequest { ExpectCompressed = Bool(true), ResponseSize = 314159, Payload = Zeros(271828) };
        await Fails(StatusCode.InvalidArgument, async () => await client.UnaryCallAsync(request));
        Zeros(314159, (await client.UnaryCallAsync(request, Compressed)).Payload);
        request.ExpectCompressed = Bool(false);
        Zeros(314159, (await client.UnaryCallAsync(request)).Payload);
    }

    private static async Task ServerCompressedUnary(TestService.TestServiceClient client)
    {
        foreach (var compressed in new[] { true, false })
        {
            var request = new SimpleRequest { ResponseCompressed = Bool(compressed), ResponseSize = 314159, Payload = Zeros(271828) };
            Zeros(314159, (await client.UnaryCallAsync(request)).Payload);
        }
    }

    private static async Task ClientStreaming(TestService.TestServiceClient client)
    {
        using var call = client.StreamingInputCall();
        foreach (var size in RequestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Same(RequestSizes.Sum(), (await call).AggregatedPayloadSize);
        Same(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static async Task ClientCompressedStreaming(TestService.TestServiceClient client)
    {
        using (var probe = client.StreamingInputCall())
        {
            await Fails(StatusCode.InvalidArgument, async () =>
            {
                await probe.RequestStream.WriteAsync(new StreamingInputCallRequest { ExpectCompressed = Bool(true), Payload = Zeros(27182) });
                await probe;
            });
        }

        using var call = client.StreamingInputCall(Compressed);
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest { ExpectCompressed = Bool(true), Payload = Zeros(27182) });
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest { ExpectCompressed = Bool(false), Payload = Zeros(45904) });
        await call.RequestStream.CompleteAsync();
        Same(73086, (await call).AggregatedPayloadSize);
    }

    private static async Task ServerStreaming(TestService.TestServiceClient client, int[] sizes, bool[] compressed)
    {
        using var call = client.StreamingOutputCall(Wanted([.. sizes.Zip(compressed)]));
        foreach (var size in sizes)
        {
            Same(true, await call.ResponseStream.MoveNext(default));
            Zeros(size, call.ResponseStream.Current.Payload);
        }

        Same(false, await call.ResponseStream.MoveNext(default));
    }

    private static async Task PingPong(TestService.TestServiceClient client)
    {
        using var call = client.FullDuplexCall();
        foreach (var (request, response) in RequestSizes.Zip(ResponseSizes))
        {
            var message = Wanted((response, false));
            message.Payload = Zeros(request);
            await call.RequestStream.WriteAsync(message);
            Same(true, await call.ResponseStream.MoveNext(default));
            Zeros(response, call.ResponseStream.Current.Payload);
        }

        await call.RequestStream.CompleteAsync();
        Same(false, await call.ResponseStream.MoveNext(default));
    }

    private static async Task EmptyStream(TestService.TestServiceClient client)
    {
        using var call = client.FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Same(false, await call.ResponseStream.MoveNext(default));
        Same(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static async Task CancelAfterBegin(TestService.TestServiceClient client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Fails(StatusCode.Cancelled, () => call.ResponseAsync);
        Same(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    private static async Task CancelAfterFirstResponse(TestService.TestServiceClient client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.FullDuplexCall(cancellationToken: cancellation.Token);
        var message = Wanted((31415, false));
        message.Payload = Zeros(27182);
        await call.RequestStream.WriteAsync(message);
        Same(true, await call.ResponseStream.MoveNext(default));
        await cancellation.CancelAsync();
        await Fails(StatusCode.Cancelled, () => call.ResponseStream.MoveNext(default));
    }

    private static async Task TimeoutOnSleepingServer(TestService.TestServiceClient client)
    {
        await client.EmptyCallAsync(new Empty());
        using var call = client.FullDuplexCall(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27182) });
        }
        catch (RpcException)
        {
            // The deadline may pass before the message is sent.
        }

        await Fails(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext(default));
    }

    private static async Task CustomMetadata(TestService.TestServiceClient client)
    {
        byte[] binary = [0xab, 0xab, 0xab];
        var headers = new Metadata { { EchoInitial, "test_initial_metadata_value" }, { EchoTrailing, binary } };
        using var unary = client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828) }, headers);
        await unary;
        await CheckEcho(unary.ResponseHeadersAsync, unary.GetTrailers);
        using var duplex = client.FullDuplexCall(headers);
        await duplex.RequestStream.WriteAsync(Wanted((314159, false)));
        Same(true, await duplex.ResponseStream.MoveNext(default));
        await duplex.RequestStream.CompleteAsync();
        Same(false, await duplex.ResponseStream.MoveNext(default));
        await CheckEcho(duplex.ResponseHeadersAsync, duplex.GetTrailers);

        async Task CheckEcho(Task<Metadata> responseHeaders, Func<Metadata> trailers)
        {
            Same("test_initial_metadata_value", (await responseHeaders).GetValue(EchoInitial));
            Same(Convert.ToHexString(binary), Convert.ToHexString(trailers().GetValueBytes(EchoTrailing) ?? []));
        }
    }

    private static async Task StatusCodeAndMessage(TestService.TestServiceClient client)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = "test status message" };
        await Fails(StatusCode.Unknown, async () => await client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }), status.Message);
        using var call = client.FullDuplexCall();
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        await call.RequestStream.CompleteAsync();
        await Fails(StatusCode.Unknown, () => call.ResponseStream.MoveNext(default), status.Message);
    }

    private static Task SpecialStatusMessage(TestService.TestServiceClient client)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = SpecialMessage };
        return Fails(StatusCode.Unknown, async () => await client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }), status.Message);
    }

    private static Task Unimplemented(Func<Task> call) => Fails(StatusCode.Unimplemented, call);

    private static async Task Fails(StatusCode code, Func<Task> call, string? message = null)
    {
        try
        {
            await call();
        }
        catch (RpcException error)
        {
            Same(code, error.StatusCode);
            Same(message ?? error.Status.Detail, error.Status.Detail);
            return;
        }

        throw new InvalidOperationException($"The call was answered; expected was {code}.");
    }

    private static void Same<T>(T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new InvalidOperationException($"Expected {expected}, found {actual}.");
        }
    }

    private static void Zeros(int size, Payload payload)
    {
        Same(size, payload.Body.Length);
        Same(-1, payload.Body.Span.IndexOfAnyExcept((byte)0));
    }

    private static StreamingOutputCallRequest Wanted(params (int Size, bool Compressed)[] responses)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.AddRange(responses.Select(response => new ResponseParameters { Size = response.Size, Compressed = Bool(response.Compressed) }));
        return request;
    }

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static BoolValue Bool(bool value) => new() { Value = value };
}
