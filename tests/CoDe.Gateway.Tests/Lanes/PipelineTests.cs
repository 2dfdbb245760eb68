using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

/// <summary>Requests on their way through the stages, observed at both ends.</summary>
public sealed class PipelineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Requests_ThatComeWhileTheDrafterIsBusy_AreBatchedByKind()
    {
        await using var stage = await StageDouble.StartAsync();
        var gate = new TaskCompletionSource();
        stage.OnCall = call => call.Contains(": 0", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        var busy = await OccupyAsync(gateway, stage);
        var more = new List<AsyncServerStreamingCall<GenerateEvent>>();
        foreach (var (label, steps) in new[] { ("1", 8u), ("2", 8u), ("3", 6u), ("4", 8u) })
        {
            more.Add(await QueueAsync(
                gateway, new GenerateRequest { Labels = { label }, Steps = steps, Format = ImageFormat.Rgb }));
        }

        gate.SetResult();
        await Task.WhenAll(busy).WaitAsync(Patience);
        Assert.Equal(
            [1, 2, 3, 4], (await Task.WhenAll(more.Select(ImageAsync))).Select(image => (int)image.Image.Data[0]));
        Assert.Contains("draft tiny 8: 1 2 4", stage.Calls);
        Assert.Contains("draft tiny 6: 3", stage.Calls);
    }

    [Fact]
    public async Task NextBatch_IsDraftedWhileThisOneIsRefined()
    {
        await using var stage = await StageDouble.StartAsync();
        var gate = new TaskCompletionSource();
        stage.OnCall = call => call.StartsWith("refine", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        var first = Ask(gateway, "1");
        await UntilAsync(() => stage.Calls.Contains("refine tiny: 1"));
        var second = Ask(gateway, "2");
        await UntilAsync(() => stage.Calls.Contains("draft tiny 8: 2"));
        Assert.False(first.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Patience);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.ResourceExhausted)]
    public async Task Refiner_ThatFails_CostsNoDrafting(StatusCode code)
    {
        await using var drafter = await StageDouble.StartAsync();
        await using var bad = await StageDouble.StartAsync();
        await using var good = await StageDouble.StartAsync();
        bad.OnCall = _ => throw new RpcException(new Status(code, "broken"));
        await using var gateway = await GatewayServer.StartAsync([drafter.Address], [bad.Address, good.Address]);
        for (var label = 1; label <= 4; label++)
        {
            Assert.Equal(label, (await Ask(gateway, $"{label}").WaitAsync(Patience)).Images[0].Image.Data[0]);
        }

        Assert.Equal(4, drafter.Calls.Count);
    }

    [Fact]
    public async Task OnlyDrafter_ThatComesBack_FinishesWhatWasAccepted()
    {
        var drafter = await StageDouble.StartAsync();
        await using var refiner = await StageDouble.StartAsync();
        drafter.OnCall = _ => new TaskCompletionSource().Task;
        await using var gateway = await GatewayServer.StartAsync([drafter.Address], [refiner.Address]);
        var asked = Ask(gateway, "5");
        await UntilAsync(() => !drafter.Calls.IsEmpty);
        var port = new Uri(drafter.Address).Port;
        await drafter.DisposeAsync();
        await using var again = await StageDouble.StartAsync(port);
        Assert.Equal(5, (await asked.WaitAsync(Patience)).Images[0].Image.Data[0]);
    }

    [Fact]
    public async Task Batch_ThatFailsEverywhere_EndsWithItsStatus()
    {
        await using var stage = await StageDouble.StartAsync();
        stage.OnCall = _ => throw new RpcException(new Status(StatusCode.Internal, "poison"));
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        var error = await Assert.ThrowsAsync<RpcException>(() => Ask(gateway, "1").WaitAsync(Patience));
        Assert.Equal((StatusCode.Internal, "poison"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Queue_ThatIsFull_RefusesAtOnce()
    {
        await using var stage = await StageDouble.StartAsync();
        var gate = new TaskCompletionSource();
        stage.OnCall = _ => gate.Task;
        await using var gateway = await GatewayServer.StartAsync(
            [stage.Address], [stage.Address], "--Gateway:QueueLimit=2");
        var running = await OccupyAsync(gateway, stage);
        using var waiting = await QueueAsync(gateway, new GenerateRequest { Labels = { "1", "2" } });
        var refused = await Assert.ThrowsAsync<RpcException>(() => Ask(gateway, "3").WaitAsync(Patience));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal("1", refused.Trailers.GetValue("retry-after"));
        gate.SetResult();
        await Task.WhenAll([Task.WhenAll(running), ImageAsync(waiting)]).WaitAsync(Patience);
    }

    [Fact]
    public async Task Request_ThatIsCancelledWhileItWaits_IsNeverDrafted()
    {
        await using var stage = await StageDouble.StartAsync();
        var gate = new TaskCompletionSource();
        stage.OnCall = call => call.Contains(": 0", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        await using var gateway = await GatewayServer.StartAsync([stage.Address], [stage.Address]);
        var busy = await OccupyAsync(gateway, stage);
        var late = await Assert.ThrowsAsync<RpcException>(async () => await gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { "7" } },
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(50)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);

        // The client's clock may end the call before the gateway's does.
        var queue = gateway.Services.GetRequiredService<AdmissionQueue>();
        await UntilAsync(() => queue.Waiting == 0);
        gate.SetResult();
        await Task.WhenAll([.. busy, Ask(gateway, "8")]).WaitAsync(Patience);
        Assert.DoesNotContain(stage.Calls, call => call.Contains('7', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Priority_GoesFirst()
    {
        await using var stage = await StageDouble.StartAsync();
        stage.LargestBatch = 1;
        var gate = new TaskCompletionSource();
        stage.OnCall = call => call.Contains(": 0", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        await using var gateway = await GatewayServer.StartAsync(
            [stage.Address], [stage.Address], "--Gateway:HighPriority=true");
        var busy = await OccupyAsync(gateway, stage);
        using var low = await QueueAsync(
            gateway, new GenerateRequest { Labels = { "1", "2", "3" }, Priority = Priority.Low });
        using var urgent = await QueueAsync(
            gateway, new GenerateRequest { Labels = { "4" }, Priority = Priority.High });
        Assert.Equal(3u, urgent.ResponseStream.Current.Queued.Ahead);
        gate.SetResult();
        await Task.WhenAll([Task.WhenAll(busy), ImageAsync(low), ImageAsync(urgent)]).WaitAsync(Patience);
        // Two calls are on their way at a time, and may arrive in either order.
        Assert.Contains(
            "draft tiny 8: 4",
            stage.Calls.Where(call => call.StartsWith("draft", StringComparison.Ordinal)).Skip(2).Take(2));
    }

    private static Task<GenerateResponse> Ask(GatewayServer gateway, string label, uint steps = 8)
        => gateway.Client.GenerateAsync(
            new GenerateRequest { Labels = { label }, Steps = steps, Format = ImageFormat.Rgb }).ResponseAsync;

    /// <summary>Gives the drafter as many batches as it takes, of label 0, which the test holds up.</summary>
    private static async Task<Task<GenerateResponse>[]> OccupyAsync(GatewayServer gateway, StageDouble stage)
    {
        var first = Ask(gateway, "0");
        await UntilAsync(() => stage.Calls.Count == 1);
        var second = Ask(gateway, "0");
        await UntilAsync(() => stage.Calls.Count == 2);
        return [first, second];
    }

    /// <summary>A request that is accepted.</summary>
    private static async Task<AsyncServerStreamingCall<GenerateEvent>> QueueAsync(
        GatewayServer gateway, GenerateRequest request)
    {
        var call = gateway.Client.GenerateStream(request);
        Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Patience));
        return call;
    }

    /// <summary>The last image of a request.</summary>
    private static async Task<GeneratedImage> ImageAsync(AsyncServerStreamingCall<GenerateEvent> call)
    {
        GeneratedImage? image = null;
        await foreach (var each in call.ResponseStream.ReadAllAsync())
        {
            image = each.Image ?? image;
        }

        return image!;
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
