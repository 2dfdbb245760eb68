using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Xunit;

namespace CoDe.Tests.Rpc;

public sealed class RetryTests
{
    [Fact]
    public async Task Unary_FailingTwice_IsMadeAgainWithItsNumber()
    {
        var attempts = new List<string?>();
        var service = new ScriptedService
        {
            Unary = (call, _, context) =>
            {
                attempts.Add(context.RequestHeaders.GetValue("grpc-previous-rpc-attempts"));
                return call < 3 ? throw new RpcException(new Status(StatusCode.Unavailable, "busy")) : Task.FromResult(new SimpleResponse { Username = "third" });
            },
        };
        await using var server = await RpcServer.StartAsync(service);
        using var channel = Channel(server, attempts: 4);
        Assert.Equal("third", (await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest())).Username);
        Assert.Equal([null, "1", "2"], attempts);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, 3)]
    [InlineData(StatusCode.Internal, 1)]
    public async Task Unary_FailingForever_EndsWithItsStatusAfterTheAttemptsAllowed(StatusCode code, int calls)
    {
        var service = ScriptedService.Failing(times: 99, code);
        await using var server = await RpcServer.StartAsync(service);
        using var channel = Channel(server, attempts: 3);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()));
        Assert.Equal((code, $"failure {calls}", calls), (error.StatusCode, error.Status.Detail, service.Calls));
    }

    [Theory]
    [InlineData("-1", 1)]
    [InlineData("soon", 1)]
    [InlineData("1", 3)]
    public async Task Unary_WithPushback_DoesAsTheServerSays(string pushback, int calls)
    {
        var service = ScriptedService.Failing(times: 99, StatusCode.Unavailable, new Metadata { { "grpc-retry-pushback-ms", pushback } });
        await using var server = await RpcServer.StartAsync(service);
        using var channel = Channel(server, attempts: 3);
        await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()));
        Assert.Equal(calls, service.Calls);
    }

    [Fact]
    public async Task Retries_EndWithTheDeadline()
    {
        var service = ScriptedService.Failing(times: int.MaxValue, StatusCode.Unavailable);
        await using var server = await RpcServer.StartAsync(service);
        using var channel = Channel(server, attempts: 5, pause: TimeSpan.FromMinutes(1));
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), deadline: deadline));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 1)]
    public async Task ServerStreaming_IsMadeAgainOnlyBeforeItsHeaders(bool headersFirst, int calls)
    {
        var service = new ScriptedService
        {
            Output = async (call, responses, context) =>
            {
                if (headersFirst)
                {
                    await context.WriteResponseHeadersAsync([]);
                }

                if (call < 3)
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, "busy"));
                }

                await responses.WriteAsync(new StreamingOutputCallResponse());
            },
        };
        await using var server = await RpcServer.StartAsync(service);
        using var channel = Channel(server, attempts: 4);
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        if (headersFirst)
        {
            await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        }
        else
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
        }

        Assert.Equal(calls, service.Calls);
    }

    [Fact]
    public async Task Throttle_WhenMostCallsFail_AllowsNoRetries()
    {
        var service = ScriptedService.Failing(times: 99, StatusCode.Unavailable);
        await using var server = await RpcServer.StartAsync(service);
        using var channel = Channel(server, attempts: 5, throttling: new RetryThrottlingPolicy { MaxTokens = 4, TokenRatio = 0.5 });
        var client = new TestService.TestServiceClient(channel);
        await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(new SimpleRequest()));
        Assert.Equal(2, service.Calls);
        await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(new SimpleRequest()));
        Assert.Equal(3, service.Calls);
    }

    [Fact]
    public void Policy_WithoutPauses_IsRefused()
    {
        var config = new ServiceConfig { MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = new RetryPolicy { MaxAttempts = 2 } } } };
        var error = Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress("http://localhost:1", new GrpcChannelOptions { ServiceConfig = config }));
        Assert.Contains("InitialBackoff", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a.B/C", "exact")]
    [InlineData("/a.B/D", "service")]
    [InlineData("/a.E/C", "default")]
    public void Plan_OfTheNarrowestName_IsTaken(string method, string expected)
    {
        var config = new ServiceConfig
        {
            MethodConfigs =
            {
                Config(new MethodName { Service = "a.B", Method = "C" }, 2),
                Config(new MethodName { Service = "a.B" }, 3),
                Config(MethodName.Default, 4),
            },
        };
        var plans = RetryPlan.ReadAll(config, mostAttempts: null);
        var parts = method.Split('/');
        var found = RetryPlan.Find(plans, new Method<string, string>(MethodType.Unary, parts[1], parts[2], Marshallers.Create<string>(_ => [], _ => ""), Marshallers.Create<string>(_ => [], _ => "")));
        Assert.Same(plans[expected switch { "exact" => "/a.B/C", "service" => "/a.B/", _ => "/" }], found);
    }

    [Fact]
    public void Backoff_GrowsToItsLimit_GiveOrTakeAFifth()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(120), 1.6);
        for (var failures = 1; failures < 40; failures++)
        {
            var expected = Math.Min(Math.Pow(1.6, failures - 1), 120);
            Assert.InRange(backoff.After(failures).TotalSeconds, expected * 0.79, expected * 1.21);
        }
    }

    private static MethodConfig Config(MethodName name, int attempts) => new() { Names = { name }, RetryPolicy = Policy(attempts, TimeSpan.FromMilliseconds(1)) };

    private static RetryPolicy Policy(int attempts, TimeSpan pause)
        => new() { MaxAttempts = attempts, InitialBackoff = pause, MaxBackoff = pause, BackoffMultiplier = 1, RetryableStatusCodes = { StatusCode.Unavailable } };

    private static GrpcChannel Channel(RpcServer server, int attempts, TimeSpan? pause = null, RetryThrottlingPolicy? throttling = null)
        => GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions
        {
            ServiceConfig = new ServiceConfig
            {
                RetryThrottling = throttling,
                MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = Policy(attempts, pause ?? TimeSpan.FromMilliseconds(1)) } },
            },
        });
}
