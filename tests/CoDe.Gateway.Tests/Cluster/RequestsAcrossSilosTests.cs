using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Xunit;

namespace CoDe.Gateway.Tests.Cluster;

/// <summary>Requests through a gateway while the other dispatches: all that they need crosses silos.</summary>
public sealed class RequestsAcrossSilosTests : TwoGatewayTests
{
    /// <summary>Bytes of a mask of 16 x 16 features.</summary>
    private const int MaskBytes = 16 * 16 * sizeof(float);

    [Fact]
    public async Task Request_ThroughTheOther_IsDispatchedByTheFirst()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var busy = await OccupyAsync();
        using var waiting = await QueueAsync(Second.Client, Of("1", "2", "3"));
        Assert.Equal(3, WaitingAt(First));
        Assert.Equal(0, WaitingAt(Second));
        using var behind = await QueueAsync(Second.Client, Of("4"));
        Assert.Equal(3u, behind.ResponseStream.Current.Queued.Ahead);
        gate.SetResult();
        await Task.WhenAll([.. busy, RestAsync(waiting), RestAsync(behind)]).WaitAsync(Patience);
    }

    [Fact]
    public async Task Requests_ThroughBoth_ShareABatch()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var busy = await OccupyAsync();
        using var one = await QueueAsync(First.Client, Of("1"));
        using var other = await QueueAsync(Second.Client, Of("2"));
        gate.SetResult();
        await Task.WhenAll(busy).WaitAsync(Patience);
        Assert.Equal(1, (await RestAsync(one))[^1].Image.Image.Data[0]);
        Assert.Equal(2, (await RestAsync(other))[^1].Image.Image.Data[0]);
        Assert.Contains("draft tiny 8: 1 2", Stage.Calls);
        Assert.Contains("refine tiny: 1 2", Stage.Calls);
    }

    [Fact]
    public async Task Images_WithTokenMaps_ComeInTheirOrder()
    {
        var request = Of("5", "3", "9", "1", "7");
        (request.Tokens, request.Seed, request.Count) = (true, 11, 2);
        var response = await Second.Client.GenerateAsync(request);
        Assert.Equal([5, 5, 3, 3, 9, 9, 1, 1, 7, 7], response.Images.Select(image => (int)image.Label));
        Assert.All(response.Images, image =>
        {
            Assert.Equal(Pixel(image.Label), image.Image);
            var tokens = Assert.Single(image.TokenMaps);
            Assert.Equal(new TokenMap { Side = 1, Tokens = ByteString.CopyFrom((byte)image.Label, 0) }, tokens);
        });
        Assert.All(Stage.Drafted, image => Assert.Equal((11ul, 1.5), (image.Seed, image.Sampling.Guidance)));
        Assert.Equal(Enumerable.Range(0, 10), Stage.Drafted.Select(image => (int)image.Index).Order());
    }

    [Fact]
    public async Task Progress_WithAPreview_ComesInItsOrder()
    {
        using var call = await QueueAsync(Second.Client, Of("6"));
        var events = await RestAsync(call);
        Assert.Equal(
            [
                new GenerateEvent { ScaleDone = new ScaleDone { Scales = 8, Of = 10 } },
                new GenerateEvent { Drafted = new Drafted { Preview = Pixel(6) } },
                new GenerateEvent { ScaleDone = new ScaleDone { Scales = 10, Of = 10 } },
            ],
            events.SkipLast(1));
        Assert.Equal(6u, events[^1].Image.Label);
    }

    [Fact]
    public async Task Edit_BringsWhatIsKeptToTheDrafter()
    {
        var edit = new EditRequest { Request = Of("4"), Image = Pixel(1), Mask = Pixel(255) };
        var edited = await Second.Client.EditAsync(edit);
        Assert.Equal(4, edited.Images[0].Image.Data[0]);
        var keep = Assert.Single(Stage.Drafted).Keep;
        Assert.Equal(ByteString.CopyFrom(1, 2, 3, 4), Assert.Single(keep.Features).Values);
        Assert.Equal(MaskBytes, keep.Mask.Length);
    }

    [Theory]
    [InlineData(StatusCode.Internal, StatusCode.Internal)]
    [InlineData(StatusCode.InvalidArgument, StatusCode.InvalidArgument)]
    [InlineData(StatusCode.NotFound, StatusCode.NotFound)]
    [InlineData(StatusCode.FailedPrecondition, StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.DataLoss, StatusCode.Internal)]
    public async Task Failure_OfAStage_EndsTheCallWithItsStatus(StatusCode failure, StatusCode expected)
    {
        Stage.OnCall = _ => throw new RpcException(new Status(failure, "poison"));
        var error = await Assert.ThrowsAsync<RpcException>(() => AskAsync(Second, "1").WaitAsync(Patience));
        Assert.Equal((expected, "poison"), (error.StatusCode, error.Status.Detail));
        Stage.OnCall = _ => Task.CompletedTask;
        Assert.Equal(2u, (await AskAsync(Second, "2").WaitAsync(Patience)).Images[0].Label);
    }

    [Fact]
    public async Task Client_ThatCancels_CancelsTheCallOfTheStage()
    {
        Stage.OnCall = _ => new TaskCompletionSource().Task;
        using var call = Second.Client.GenerateAsync(Of("7"));
        await UntilAsync(() => Stage.Calls.Contains("draft tiny 8: 7"));
        call.Dispose();
        await UntilAsync(() => Stage.Cancelled.Contains("draft tiny 8: 7"));
    }

    [Fact]
    public async Task Client_ThatCancelsWhileItWaits_LeavesTheQueueOfTheDispatcher()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = _ => gate.Task;
        var busy = await OccupyAsync();
        using (await QueueAsync(Second.Client, Of("7")))
        {
            Assert.Equal(1, WaitingAt(First));
        }

        await UntilAsync(() => WaitingAt(First) == 0);
        gate.SetResult();
        await Task.WhenAll([.. busy, AskAsync(Second, "8")]).WaitAsync(Patience);
        Assert.DoesNotContain("7", Stage.DraftedLabels());
    }

    [Fact]
    public async Task Dispatcher_AskedForARequestThatItDoesNotHave_MissesIt()
    {
        var dispatcher = Second.Services.GetRequiredService<IGrainFactory>().GetGrain<IDispatcher>(0);
        var unknown = Guid.NewGuid();
        Assert.Equal([unknown], await dispatcher.FindMissingAsync([unknown]));
    }

    [Fact]
    public async Task Dispatcher_ThatStops_HandsItsRequestsOverWithTheirDrafts()
    {
        var gate = new TaskCompletionSource();
        Stage.OnCall = call => call.StartsWith("refine", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        var asked = AskAsync(Second, "1", "2", "3");
        await UntilAsync(() => Stage.Calls.Contains("refine tiny: 1 2 3"));
        await First.DisposeAsync();
        await UntilAsync(() => Stage.Calls.Count(call => call == "refine tiny: 1 2 3") == 2);
        gate.SetResult();
        Assert.Equal([1, 2, 3], (await asked.WaitAsync(Patience)).Images.Select(image => (int)image.Image.Data[0]));
        Assert.Equal(["1", "2", "3"], Stage.DraftedLabels());
    }

    private static Image Pixel(uint red)
        => new() { Width = 1, Height = 1, Format = ImageFormat.Rgb, Data = ByteString.CopyFrom((byte)red, 0, 0) };

    private static GenerateRequest Of(params string[] labels)
    {
        var request = new GenerateRequest { Steps = 8, Format = ImageFormat.Rgb };
        request.Labels.AddRange(labels);
        return request;
    }

    private static int WaitingAt(GatewayServer gateway)
        => gateway.Services.GetRequiredService<AdmissionQueue>().Waiting;
}
