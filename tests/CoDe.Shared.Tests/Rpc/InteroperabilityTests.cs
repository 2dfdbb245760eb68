using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace CoDe.Tests.Rpc;

/// <summary>The cases of the interoperability suite, our client against our server over a real socket.</summary>
public sealed class InteroperabilityTests : IAsyncLifetime
{
    private WebApplication _server = null!;
    private GrpcChannel _channel = null!;
    private TestService.TestServiceClient _client = null!;

    [Fact]
    public async Task EmptyUnary_IsAnswered() => Assert.Equal(new Empty(), await _client.EmptyCallAsync(new Empty()));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LargeUnary_PlainOrCompressed_IsAnswered(bool compressed)
    {
        var request = new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828), ResponseCompressed = new BoolValue { Value = compressed } };
        var headers = compressed ? new Metadata { { "grpc-internal-encoding-request", "gzip" } } : [];
        Assert.Equal(314159, (await _client.UnaryCallAsync(request, headers)).Payload.Body.Length);
    }

    [Fact]
    public async Task ClientStreaming_OfFourMessages_SumsThem()
    {
        using var call = _client.StreamingInputCall();
        foreach (var size in new[] { 27182, 8, 1828, 45904 })
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ServerStreaming_OfFourSizes_YieldsThem(bool compressed)
    {
        using var call = _client.StreamingOutputCall(Wanted(compressed, 31415, 9, 2653, 58979));
        var sizes = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            sizes.Add(response.Payload.Body.Length);
        }

        Assert.Equal([31415, 9, 2653, 58979], sizes);
    }

    [Fact]
    public async Task PingPong_OfFourMessages_TakesTurns()
    {
        using var call = _client.FullDuplexCall();
        foreach (var size in new[] { 31415, 9, 2653, 58979 })
        {
            await call.RequestStream.WriteAsync(Wanted(false, size));
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(size, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task EmptyStream_EndsWithOk()
    {
        using var call = _client.FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task CancelAfterBegin_EndsWithCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task CancelAfterFirstResponse_EndsWithCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.FullDuplexCall(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(Wanted(false, 31415));
        Assert.True(await call.ResponseStream.MoveNext(default));
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default))).StatusCode);
    }

    [Fact]
    public async Task TimeoutOnSleepingServer_EndsWithDeadlineExceeded()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(50);
        var request = Wanted(false, 1);
        request.ResponseParameters[0].IntervalUs = 60_000_000;
        using var call = _client.StreamingOutputCall(request, deadline: deadline);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default))).StatusCode);
    }

    [Fact]
    public async Task CustomMetadata_IsEchoedInHeadersAndTrailers()
    {
        byte[] binary = [0xab, 0xab, 0xab];
        var headers = new Metadata { { "x-grpc-test-echo-initial", "test_initial_metadata_value" }, { "x-grpc-test-echo-trailing-bin", binary } };
        using var call = _client.UnaryCallAsync(new SimpleRequest { ResponseSize = 10 }, headers);
        await call;
        Assert.Equal("test_initial_metadata_value", (await call.ResponseHeadersAsync).GetValue("x-grpc-test-echo-initial"));
        Assert.Equal(binary, call.GetTrailers().GetValueBytes("x-grpc-test-echo-trailing-bin"));
    }

    [Theory]
    [InlineData("test status message")]
    [InlineData("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈 100%\t\n")]
    public async Task Status_OfTheServer_ArrivesWithItsMessage(string message)
    {
        var status = new EchoStatus { Code = 2, Message = message };
        var unary = await Assert.ThrowsAsync<RpcException>(async () => await _client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }));
        Assert.Equal((StatusCode.Unknown, message), (unary.StatusCode, unary.Status.Detail));
        using var call = _client.FullDuplexCall();
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        var duplex = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal((StatusCode.Unknown, message), (duplex.StatusCode, duplex.Status.Detail));
    }

    [Fact]
    public async Task UnimplementedMethod_EndsWithUnimplemented()
        => Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await _client.UnimplementedCallAsync(new Empty()))).StatusCode);

    [Fact]
    public async Task UnimplementedService_EndsWithUnimplemented()
    {
        var client = new UnimplementedService.UnimplementedServiceClient(_channel);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await client.UnimplementedCallAsync(new Empty()))).StatusCode);
    }

    [Fact]
    public async Task OversizedMessage_EndsWithResourceExhausted()
    {
        var request = new SimpleRequest { Payload = Zeros(5 * 1024 * 1024) };
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await _client.UnaryCallAsync(request))).StatusCode);
    }

    [Fact]
    public async Task NoServer_EndsWithUnavailable()
    {
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(options => options.ResponseCompressionAlgorithm = "gzip");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _server = builder.Build();
        _server.MapGrpcService<TestServiceImplementation>();
        await _server.StartAsync();
        _channel = GrpcChannel.ForAddress(_server.Urls.First());
        _client = new TestService.TestServiceClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    private static StreamingOutputCallRequest Wanted(bool compressed, params int[] sizes)
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.AddRange(sizes.Select(size => new ResponseParameters { Size = size, Compressed = new BoolValue { Value = compressed } }));
        return request;
    }

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
}
