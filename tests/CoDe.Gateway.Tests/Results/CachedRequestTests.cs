using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Results;
using CoDe.Gateway.Tests.Http;
using CoDe.Protocol.V1;
using CoDe.Telemetry;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

/// <summary>Repeated and equal requests over real gRPC and HTTP, before stages that count what they make.</summary>
public sealed class CachedRequestTests : DoubleStageTests
{
    private const string Hit = "code; hit";
    private const string Stored = "code; fwd=miss; stored";
    private const string Collapsed = "code; fwd=miss; collapsed";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private IEnumerable<string> Drafted
        => Stage.Calls.Where(call => call.StartsWith("draft", StringComparison.Ordinal));

    [Fact]
    public async Task Request_ThatWasAnsweredBefore_IsAHit()
    {
        var (first, firstStatus) = await AskAsync(Of("1", "2"));
        var (again, status) = await AskAsync(Of("1", "2"));
        Assert.Equal(first, again);
        Assert.Equal((Stored, Hit), (firstStatus, status));
        Assert.Equal(["draft tiny 8: 1 2"], Drafted);
    }

    [Fact]
    public async Task Request_ThatOverlapsWithAnother_MakesTheRestAlone()
    {
        await AskAsync(Of("1", "2"));
        var (response, status) = await AskAsync(Of("1", "3", "4", "5"));
        Assert.Equal("code; fwd=partial; stored; detail=\"1 of 4 hit\"", status);
        Assert.Equal([0u, 1u, 2u, 3u], response.Images.Select(image => image.Index));
        Assert.Equal([1u, 3u, 4u, 5u], response.Images.Select(image => image.Label));
        Assert.Equal([1, 3, 4, 5], response.Images.Select(image => (int)image.Image.Data[0]));
        Assert.Equal(["draft tiny 8: 1 2", "draft tiny 8: 3 4 5"], Drafted);
    }

    [Fact]
    public async Task EqualRequests_AtOnce_CostOneGeneration()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var asked = Enumerable.Range(0, 50).Select(_ => AskAsync(Of("7"))).ToArray();
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        gate.SetResult();
        var answers = await Task.WhenAll(asked).WaitAsync(Patience);
        Assert.All(answers, answer => Assert.Equal(7, answer.Response.Images[0].Image.Data[0]));
        Assert.Single(answers, answer => answer.Status == Stored);
        Assert.Equal(["draft tiny 8: 7", "refine tiny: 7"], Stage.Calls);
    }

    [Fact]
    public async Task Follower_OfARequestThatIsCancelled_MakesTheImage()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        using var leaves = new CancellationTokenSource();
        var leader = AskAsync(Of("7"), cancellation: leaves.Token);
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        using var follower = await FollowAsync(Of("7", "8"));
        var another = AskAsync(Of("7"));
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => leader);
        gate.SetResult();
        Assert.Equal(7, (await another.WaitAsync(Patience)).Response.Images[0].Image.Data[0]);
        Assert.Equal([7, 8], (await ImagesAsync(follower)).Order());
        Assert.Equal(2, Drafted.Count(call => call.Contains('7', StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Followers_OfARequestThatFails_AreNotToldItsError()
    {
        var gate = new TaskCompletionSource();
        var calls = 0;
        Stage.OnCall = async call =>
        {
            await gate.Task;
            if (Interlocked.Increment(ref calls) == 1)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "poison"));
            }
        };
        var leader = AskAsync(Of("7"));
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        using var follower = await FollowAsync(Of("7"));
        gate.SetResult();
        var error = await Assert.ThrowsAsync<RpcException>(() => leader.WaitAsync(Patience));
        Assert.Equal("poison", error.Status.Detail);
        Assert.Equal(7, Assert.Single(await ImagesAsync(follower)));
        Assert.Equal(Stored, StatusOf(follower.GetTrailers()));
    }

    [Fact]
    public async Task Follower_ThatLeaves_EndsItsWaitAlone()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var leader = AskAsync(Of("7"));
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        using (await FollowAsync(Of("7")))
        {
        }

        var late = await Assert.ThrowsAsync<RpcException>(async () => await Gateway.Client.GenerateAsync(
            Of("7"), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(50)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        gate.SetResult();
        Assert.Equal(Stored, (await leader.WaitAsync(Patience)).Status);
        Assert.Empty(Stage.Cancelled);
    }

    [Fact]
    public async Task UrgentRequest_ForAnImageThatIsMade_DoesNotWaitForIt()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var low = Of("7");
        low.Priority = Priority.Low;
        var asked = AskAsync(low);
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        var urgent = Of("7");
        urgent.Priority = Priority.Normal;
        var askedUrgently = AskAsync(urgent);
        await UntilAsync(() => Drafted.Count() == 2);
        gate.SetResult();
        await Task.WhenAll(asked, askedUrgently).WaitAsync(Patience);
    }

    [Fact]
    public async Task Stream_OfAHit_TellsQueuedAndImages()
    {
        await AskAsync(Of("1", "2"));
        using var stream = Gateway.Client.GenerateStream(Of("1", "2"));
        var events = await stream.ResponseStream.ReadAllAsync().ToListAsync();
        Assert.Equal(["Queued", "Image", "Image"], events.Select(each => $"{each.EventCase}"));
        Assert.Equal(new Queued { Seed = 5 }, events[0].Queued);
        Assert.Equal(Hit, StatusOf(stream.GetTrailers()));
    }

    [Fact]
    public async Task Stream_OfSomeHits_TellsProgressOfTheRestAtItsPositions()
    {
        await AskAsync(Of("1"));
        using var stream = Gateway.Client.GenerateStream(Of("1", "2"));
        var events = await stream.ResponseStream.ReadAllAsync().ToListAsync();
        Assert.Equal(GenerateEvent.EventOneofCase.Queued, events[0].EventCase);
        Assert.Equal([0u, 1u], events.Select(each => each.Image?.Index).OfType<uint>().Order());
        Assert.All(
            events.Where(each => each.ScaleDone is not null), each => Assert.Equal(1u, each.ScaleDone.Index));
        Assert.Equal(1u, Assert.Single(events, each => each.Drafted is not null).Drafted.Index);
    }

    [Fact]
    public async Task NoCache_GeneratesAnewAndStores()
    {
        Assert.Equal("code; fwd=request; stored", (await AskAsync(Of("1"), "no-cache")).Status);
        Assert.Equal(Hit, (await AskAsync(Of("1"))).Status);
        Assert.Equal("code; fwd=request; stored", (await AskAsync(Of("1"), "no-cache")).Status);
        Assert.Equal(2, Drafted.Count());
    }

    [Fact]
    public async Task NoStore_NeitherFindsNorStores()
    {
        Assert.Equal("code; fwd=request", (await AskAsync(Of("1"), "no-store")).Status);
        Assert.Equal(Stored, (await AskAsync(Of("1"))).Status);
        Assert.Equal("code; fwd=request", (await AskAsync(Of("1"), "no-store")).Status);
        Assert.Equal(3, Drafted.Count());
    }

    [Fact]
    public async Task Request_WithoutASeed_IsNotCached()
    {
        var (first, status) = await AskAsync(new GenerateRequest { Labels = { "1" } });
        Assert.Equal("code; fwd=bypass", status);
        Assert.Equal(Stored, (await AskAsync(new GenerateRequest { Labels = { "1" }, Seed = first.Seed })).Status);
    }

    [Fact]
    public async Task Edit_IsNotCached()
    {
        var pixel = new Image { Width = 1, Height = 1, Format = ImageFormat.Rgb, Data = ByteString.CopyFrom(1, 2, 3) };
        var edit = new EditRequest { Request = Of("1"), Image = pixel, Mask = pixel };
        for (var calls = 1; calls <= 2; calls++)
        {
            using var call = Gateway.Client.EditAsync(edit);
            await call;
            Assert.Equal("code; fwd=bypass", StatusOf(call.GetTrailers()));
            Assert.Equal(calls, Drafted.Count());
        }
    }

    [Fact]
    public async Task Image_OfFormerWeights_IsNoHit()
    {
        await ServeAsync("a");
        Assert.Equal(Stored, (await AskAsync(Of("1"))).Status);
        await ServeAsync("b");
        Assert.Equal(Stored, (await AskAsync(Of("1"))).Status);
        await ServeAsync("a");
        Assert.Equal(Hit, (await AskAsync(Of("1"))).Status);
    }

    [Fact]
    public async Task Image_MadeWhileTheWeightsChange_IsNotStored()
    {
        await ServeAsync("a");
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var asked = AskAsync(Of("1"));
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        await ServeAsync("b");
        gate.SetResult();
        Assert.Equal("code; fwd=miss", (await asked.WaitAsync(Patience)).Status);
        await ServeAsync("a");
        Assert.Equal(Stored, (await AskAsync(Of("1"))).Status);
    }

    [Fact]
    public async Task Images_ThatAreLookedUp_AreCountedByOutcome()
    {
        var counted = new ConcurrentBag<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == InstrumentNames.CachedImages)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, images, tags, _) => counted.Add($"{images} {tags[0].Value}"));
        listener.Start();
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var leader = AskAsync(Of("1", "2"));
        await UntilAsync(() => !Stage.Calls.IsEmpty);
        using var follower = await FollowAsync(Of("1"));
        gate.SetResult();
        await leader.WaitAsync(Patience);
        await ImagesAsync(follower);
        await AskAsync(Of("1", "2"));
        await AskAsync(new GenerateRequest { Labels = { "1" } });
        await AskAsync(Of("1"), "no-store");
        Assert.Equal(["1 collapsed", "1 hit", "1 hit", "1 miss", "1 miss"], counted.Order());
    }

    [Fact]
    public async Task Cache_ThatIsOff_KeepsNothing()
    {
        await using var gateway = await GatewayServer.StartAsync(
            [Stage.Address], [Stage.Address], "--Gateway:CacheMegabytes=0");
        for (var calls = 1; calls <= 2; calls++)
        {
            using var call = gateway.Client.GenerateAsync(Of("1"));
            await call;
            Assert.Equal("code; fwd=bypass", StatusOf(call.GetTrailers()));
            Assert.Equal(calls, Drafted.Count());
        }
    }

    [Fact]
    public async Task Http_SaysWhatTheCacheDid()
    {
        const string path = "/v1/image?label=1&seed=5&steps=8";
        using var first = await Gateway.Http.GetAsync(path);
        using var again = await Gateway.Http.GetAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.CacheControl = new() { NoStore = true };
        using var anew = await Gateway.Http.SendAsync(request);
        using var body = new StringContent("""{"labels": ["1"], "seed": 5, "steps": 8}""", null, "application/json");
        using var stream = await Gateway.Http.PostAsync("/v1/generate/stream", body);
        using var models = await Gateway.Http.GetAsync("/v1/models");
        HttpResponseMessage[] answers = [first, again, anew, stream];
        Assert.Equal(
            [Stored, Hit, "code; fwd=request", Hit], answers.Select(each => each.Header(CacheUse.StatusHeader)));
        Assert.False(models.Headers.Contains(CacheUse.StatusHeader));
    }

    private static GenerateRequest Of(params string[] labels)
        => new() { Labels = { labels }, Seed = 5, Steps = 8, Format = ImageFormat.Png };

    private static string StatusOf(Metadata trailers) => trailers.GetValue("cache-status")!;

    private async Task<(GenerateResponse Response, string Status)> AskAsync(
        GenerateRequest request, string? control = null, CancellationToken cancellation = default)
    {
        var headers = control is null ? null : new Metadata { { "cache-control", control } };
        using var call = Gateway.Client.GenerateAsync(request, headers, cancellationToken: cancellation);
        return (await call, StatusOf(call.GetTrailers()));
    }

    /// <summary>Changes the weights of both stages and waits until the gateway knows.</summary>
    private async Task ServeAsync(string digest)
    {
        Stage.WeightsDigest = digest;
        var catalog = Gateway.Services.GetRequiredService<ModelCatalog>();
        await UntilAsync(() => catalog.Models() is [{ Pairs: [{ } pair, ..] }]
            && (pair.Drafter.WeightsDigest, pair.Refiner.WeightsDigest) == (digest, digest));
    }

    /// <summary>Asks and reads on until the request is accepted.</summary>
    private async Task<AsyncServerStreamingCall<GenerateEvent>> FollowAsync(GenerateRequest request)
    {
        var call = Gateway.Client.GenerateStream(request);
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(Patience));
        Assert.NotNull(call.ResponseStream.Current.Queued);
        return call;
    }

    private static async Task<int[]> ImagesAsync(AsyncServerStreamingCall<GenerateEvent> call)
    {
        using var patience = new CancellationTokenSource(Patience);
        var events = await call.ResponseStream.ReadAllAsync(patience.Token).ToListAsync(patience.Token);
        return [.. events.Where(each => each.Image is not null).Select(each => (int)each.Image.Image.Data[0])];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
