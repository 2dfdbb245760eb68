using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace CoDe.Tests.Rpc;

/// <summary>What the server puts on the wire, and how calls end.</summary>
public sealed class ServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Failure_BeforeAnyMessage_IsOneBlockOfHeaders()
    {
        await using var server = await RpcServer.StartAsync(ScriptedService.Failing(1, StatusCode.NotFound, new Metadata { { "why", "gone" } }));
        using var response = await PostAsync(server, "UnaryCall", Frame(0, []));
        Assert.Equal("5", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Equal("failure 1", Assert.Single(response.Headers.GetValues("grpc-message")));
        Assert.Equal("gone", Assert.Single(response.Headers.GetValues("why")));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Empty(response.TrailingHeaders);
    }

    [Fact]
    public async Task Answer_HasItsStatusInTrailers()
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        using var response = await PostAsync(server, "UnaryCall", Frame(0, []));
        Assert.False(response.Headers.Contains("grpc-status"));
        Assert.Equal([0, 0, 0, 0, 0], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Theory]
    [InlineData("identity,gzip", false, 1)]
    [InlineData("gzip", true, 0)]
    [InlineData("identity", false, 0)]
    public async Task Answer_IsCompressedWhereTheClientAcceptsItAndTheHandlerDoesNotRefuse(string accepted, bool refuses, byte flag)
    {
        var service = new ScriptedService
        {
            Unary = (_, _, context) =>
            {
                context.WriteOptions = refuses ? new WriteOptions(WriteFlags.NoCompress) : null;
                return Task.FromResult(new SimpleResponse { Username = new string('a', 1000) });
            },
        };
        await using var server = await RpcServer.StartAsync(service, options => options.ResponseCompressionAlgorithm = "gzip");
        using var response = await PostAsync(server, "UnaryCall", Frame(0, []), ("grpc-accept-encoding", accepted));
        Assert.Equal(flag, (await response.Content.ReadAsByteArrayAsync())[0]);
    }

    [Theory]
    [InlineData("snappy", StatusCode.Unimplemented)]
    [InlineData("gzip", StatusCode.Internal)]
    [InlineData(null, StatusCode.Internal)]
    public async Task Request_CompressedAsItCannotBeRead_IsRefused(string? encoding, StatusCode expected)
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        using var response = await PostAsync(server, "UnaryCall", Frame(1, [1, 2, 3]), encoding is null ? [] : [("grpc-encoding", encoding)]);
        Assert.Equal($"{(int)expected}", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Equal("identity,gzip", Assert.Single(response.Headers.GetValues("grpc-accept-encoding")));
    }

    [Theory]
    [InlineData("x-value-bin", "!!!", StatusCode.Internal)]
    [InlineData("x-value-bin", "q6ur", StatusCode.OK)]
    [InlineData("x-value-bin", "q6s, q6s=", StatusCode.OK)]
    [InlineData("x~value", "kept out, as it is no key", StatusCode.OK)]
    public async Task Request_WithMetadata_IsServedWhereItCanBeRead(string key, string value, StatusCode expected)
    {
        var service = new ScriptedService { Unary = (_, _, context) => Task.FromResult(new SimpleResponse { Username = $"{context.RequestHeaders.Count}" }) };
        await using var server = await RpcServer.StartAsync(service);
        using var response = await PostAsync(server, "UnaryCall", Frame(0, []), (key, value));
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal($"{(int)expected}", Assert.Single((expected == StatusCode.OK ? response.TrailingHeaders : (HttpHeaders)response.Headers).GetValues("grpc-status")));
    }

    [Theory]
    [InlineData("one message and another", StatusCode.Internal)]
    [InlineData("nothing", StatusCode.Internal)]
    [InlineData("a message cut off", StatusCode.Internal)]
    [InlineData("a message that is no message", StatusCode.Internal)]
    [InlineData("a length of 4 GiB", StatusCode.ResourceExhausted)]
    public async Task Request_WithOtherThanOneMessage_IsRefused(string body, StatusCode expected)
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        byte[] bytes = body switch
        {
            "nothing" => [],
            "one message and another" => [.. Frame(0, []), .. Frame(0, [])],
            "a message cut off" => Frame(0, [8, 1])[..6],
            "a message that is no message" => Frame(0, [0xff, 0xff]),
            _ => [0, 0xff, 0xff, 0xff, 0xff],
        };
        using var response = await PostAsync(server, "UnaryCall", bytes);
        Assert.Equal($"{(int)expected}", Assert.Single(response.Headers.GetValues("grpc-status")));
    }

    [Fact]
    public async Task Request_ThatIsNoGrpc_GetsAnHttpStatus()
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        using var response = await PostAsync(server, "UnaryCall", Frame(0, []), contentType: "application/json");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Handler_ThatThrows_EndsAsUnknownWithoutTellingWhy()
    {
        var service = new ScriptedService { Unary = (_, _, _) => throw new InvalidOperationException("secret") };
        await using var server = await RpcServer.StartAsync(service);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryCallAsync(new SimpleRequest()));
        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Handler_ThatThrows_IsToldOfWhereDetailsAreEnabled()
    {
        var service = new ScriptedService { Unary = (_, _, _) => throw new InvalidOperationException("not so secret") };
        await using var server = await RpcServer.StartAsync(service, options => options.EnableDetailedErrors = true);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.UnaryCallAsync(new SimpleRequest()));
        Assert.Contains("not so secret", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deadline_OfAHandlerThatDoesNotListen_IsToldToTheClientAtOnce()
    {
        var release = new TaskCompletionSource();
        var service = new ScriptedService { Unary = async (_, _, _) => await release.Task.ContinueWith(_ => new SimpleResponse()) };
        await using var server = await RpcServer.StartAsync(service);
        using var response = await PostAsync(server, "UnaryCall", Frame(0, []), ("grpc-timeout", "20m")).WaitAsync(Patience);
        Assert.Equal("4", Assert.Single(response.Headers.GetValues("grpc-status")));
        release.SetResult();
    }

    [Fact]
    public async Task Handler_IsCancelledWhenItsClientGoesAway()
    {
        var (started, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        var service = new ScriptedService
        {
            Duplex = async (requests, _, context) =>
            {
                context.CancellationToken.Register(cancelled.SetResult);
                started.SetResult();
                await requests.MoveNext(context.CancellationToken);
            },
        };
        await using var server = await RpcServer.StartAsync(service);
        using (server.Client.FullDuplexCall())
        {
            await started.Task.WaitAsync(Patience);
        }

        await cancelled.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Call_SeesWhatTheServerKnowsOfIt()
    {
        var service = new ScriptedService
        {
            Unary = (_, _, context) => Task.FromResult(new SimpleResponse { Username = $"{context.Method} {context.Host} {context.Peer.Split(':')[0]} {context.Deadline < DateTime.MaxValue}" }),
        };
        await using var server = await RpcServer.StartAsync(service);
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1));
        Assert.Equal($"/grpc.testing.TestService/UnaryCall 127.0.0.1:{server.Port} ipv4 True", (await server.Client.UnaryCallAsync(new SimpleRequest(), options)).Username);
    }

    [Fact]
    public async Task Messages_OfManyMegabytes_PassWhereTheyMay()
    {
        var service = new ScriptedService { Unary = (_, request, _) => Task.FromResult(new SimpleResponse { Payload = request.Payload }) };
        await using var server = await RpcServer.StartAsync(service, options => options.MaxReceiveMessageSize = null);
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        var body = new byte[32 * 1024 * 1024];
        new Random(7).NextBytes(body);
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest { Payload = new Payload { Body = ByteString.CopyFrom(body) } });
        Assert.True(response.Payload.Body.Span.SequenceEqual(body));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_LargerThanAllowed_EndAsResourceExhausted(bool sent)
    {
        var service = new ScriptedService { Unary = (_, _, _) => Task.FromResult(new SimpleResponse { Username = new string('a', 2000) }) };
        await using var server = await RpcServer.StartAsync(service, options => options.MaxSendMessageSize = sent ? 1000 : null);
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxReceiveMessageSize = sent ? null : 1000 });
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Request_LargerThanTheClientMaySend_EndsAsResourceExhausted()
    {
        await using var server = await RpcServer.StartAsync(new ScriptedService());
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { MaxSendMessageSize = 1000 });
        var request = new SimpleRequest { Payload = new Payload { Body = ByteString.CopyFrom(new byte[1001]) } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(request));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains("Sending", error.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostAsync(RpcServer server, string method, byte[] body, params (string Key, string Value)[] headers)
        => await PostAsync(server, method, body, "application/grpc", headers);

    private static async Task<HttpResponseMessage> PostAsync(RpcServer server, string method, byte[] body, string contentType, params (string Key, string Value)[] headers)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
        var request = new HttpRequestMessage(HttpMethod.Post, $"{server.Address}/grpc.testing.TestService/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (key, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(key, value);
        }

        var response = await client.SendAsync(request, default);
        await response.Content.LoadIntoBufferAsync();
        return response;
    }

    private static byte[] Frame(byte flag, byte[] payload)
    {
        byte[] frame = [flag, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        return frame;
    }
}
