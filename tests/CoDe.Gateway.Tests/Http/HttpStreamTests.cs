using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using CoDe.Gateway.Http;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Server-sent events of <c>/v1/generate</c>.</summary>
public sealed class HttpStreamTests : DoubleStageTests
{
    private const string OneImage = """{"labels": ["7"], "seed": "5", "steps": 8}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("/v1/generate", "text/event-stream")]
    [InlineData("/v1/generate", "text/event-stream, application/json;q=0.5")]
    [InlineData("/v1/generate/stream", null)]
    public async Task Stream_OneImage_TellsEventsInOrder(string path, string? accept)
    {
        using var response = await PostAsync(path, OneImage, accept);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var events = await EventsAsync(response);
        Assert.Equal(
            ["queued", "scale_done", "drafted", "scale_done", "image", "done"], events.Select(each => each.EventType));
        Assert.Equal(new Queued { Seed = 5 }, Parse<Queued>(events[0]));
        Assert.Equal(new ScaleDone { Scales = 8, Of = 10 }, Parse<ScaleDone>(events[1]));
        Assert.Equal(7, Parse<Drafted>(events[2]).Preview.Data[0]);
        Assert.Equal(7u, Parse<GeneratedImage>(events[4]).Label);
        Assert.Equal("{}", events[5].Data);
    }

    [Fact]
    public async Task Stream_SeveralImages_TellsEachImageBeforeDone()
    {
        using var response = await PostAsync("/v1/generate/stream", """{"labels": ["1", "2"], "count": 2}""");
        var events = await EventsAsync(response);
        var images = events.Where(each => each.EventType == "image").Select(each => Parse<GeneratedImage>(each).Index);
        Assert.Equal([0u, 1u, 2u, 3u], images.Order());
        Assert.Equal("done", events[^1].EventType);
    }

    [Fact]
    public async Task Stream_StageFailsAfterTheStart_EndsWithAnErrorEvent()
    {
        Stage.OnCall = _ => throw new RpcException(new Status(StatusCode.Internal, "poison"));
        using var response = await PostAsync("/v1/generate/stream", OneImage);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = await EventsAsync(response);
        Assert.Equal(["queued", "error"], events.Select(each => each.EventType));
        using var error = JsonDocument.Parse(events[1].Data);
        Assert.Equal(13, error.RootElement.GetProperty("code").GetInt32());
        Assert.Contains("poison", error.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "labels is empty")]
    [InlineData("""{"labels": ["1"], "steps": 11}""", "steps is 11; allowed: 1 to 10")]
    [InlineData("""{"labelz": ["1"]}""", "field is labelz")]
    public async Task Stream_WrongRequest_IsRefusedWithAStatus(string body, string message)
    {
        using var response = await PostAsync("/v1/generate/stream", body);
        await response.AssertErrorAsync(HttpStatusCode.BadRequest, 3, message);
    }

    [Fact]
    public async Task Stream_FullQueue_IsRefusedWithAStatus()
    {
        await using var gateway = await GatewayServer.StartAsync(
            [Stage.Address], [Stage.Address], "--Gateway:QueueLimit=1");
        using var body = new StringContent("""{"labels": ["1", "2"]}""", null, "application/json");
        using var response = await gateway.Http.PostAsync("/v1/generate/stream", body);
        await response.AssertErrorAsync(HttpStatusCode.TooManyRequests, 8, "0 of at most 1 images wait");
        Assert.Equal("1", response.Header("Retry-After"));
    }

    [Fact]
    public async Task Stream_ClientDisconnects_CancelsTheCallOfTheStage()
    {
        Stage.OnCall = _ => new TaskCompletionSource().Task;
        var response = await PostAsync("/v1/generate/stream", OneImage);
        await UntilAsync(() => Stage.Calls.Contains("draft tiny 8: 7"));
        response.Dispose();
        await UntilAsync(() => Stage.Cancelled.Contains("draft tiny 8: 7"));
    }

    [Fact]
    public async Task Stream_LongSilence_SendsAHeartbeat()
    {
        var clock = new ManualClock();
        var end = new TaskCompletionSource();
        var body = new MemoryStream();
        var http = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddLogging().BuildServiceProvider(),
        };
        http.Response.Body = body;
        var stream = new EventStream<GenerateEvent>(
            http, each => ("event", each), _ => false, clock, NullLogger.Instance);
        var running = stream.RunAsync(async tell =>
        {
            tell(new GenerateEvent { Queued = new Queued() });
            await end.Task;
        });
        clock.Advance(EventStream.HeartbeatInterval);
        await UntilAsync(() => Text(body).EndsWith("\n\n:\n\n", StringComparison.Ordinal));
        end.SetResult();
        await running;
        Assert.EndsWith("\n\n:\n\nevent: done\ndata: {}\n\n", Text(body), StringComparison.Ordinal);
    }

    private static string Text(MemoryStream body) => Encoding.UTF8.GetString(body.ToArray());

    private static async Task<List<SseItem<string>>> EventsAsync(HttpResponseMessage response)
    {
        using var patience = new CancellationTokenSource(Patience);
        await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
        return await SseParser.Create(body).EnumerateAsync(patience.Token).ToListAsync(patience.Token);
    }

    private static T Parse<T>(SseItem<string> item)
        where T : IMessage<T>, new() => JsonParser.Default.Parse<T>(item.Data);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, null, "application/json"),
        };
        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        return await Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
