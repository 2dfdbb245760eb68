using System.Text.Json;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Server-sent events of <c>/v1/timeline</c>.</summary>
public sealed class HttpTimelineTests : DoubleStageTests
{
    [Fact]
    public async Task Timeline_OfAnIdleGateway_TellsReplicasAndGateways()
    {
        await using var reader = await TimelineReader.OpenAsync(Gateway);
        var state = await reader.StateAsync(_ => true);
        Assert.Equal(
            [("drafter", Stage.Address, "ready"), ("refiner", Stage.Address, "ready")],
            state.Replicas.Select(replica => (replica.Stage, replica.Address, replica.State)));
        var gateway = Assert.Single(state.Gateways);
        Assert.Equal(("active", true), (gateway.State, gateway.Dispatches));
        Assert.Equal(["drafter", "refiner"], state.Stages.Select(stage => stage.Stage));
        Assert.False(state.HasOverlap);
        Assert.Empty(state.Running);
    }

    [Fact]
    public async Task Timeline_OfAnImage_TellsABatchOfEachStage()
    {
        await using var reader = await TimelineReader.OpenAsync(Gateway);
        await Gateway.Client.GenerateAsync(new GenerateRequest { Labels = { "1", "2" }, Steps = 8, Seed = 1 });
        var batches = await reader.BatchesAsync(2);
        Assert.Equal(["drafter", "refiner"], batches.Select(batch => batch.Stage));
        Assert.All(batches, batch =>
        {
            Assert.Equal(
                (Stage.Address, 2u, "tiny", 8u, "done"),
                (batch.Replica, batch.Images, batch.Model, batch.Steps, batch.Outcome));
            Assert.True(batch.Start <= batch.End);
        });
        Assert.True(batches[0].End <= batches[1].Start);
        var state = await reader.StateAsync(_ => true);
        Assert.Equal(2ul, state.Cache.Misses);
        Assert.Equal([2.0, 2.0], state.Stages.Select(stage => stage.BatchSize));
        Assert.True(state.ImagesPerSecond > 0);

        // A reader that comes later is told of them too.
        await using var late = await TimelineReader.OpenAsync(Gateway);
        Assert.Equal(batches, await late.BatchesAsync(2));
    }

    [Fact]
    public async Task Timeline_WhileABatchRuns_TellsItAndTheQueue()
    {
        var goOn = new TaskCompletionSource();
        Stage.OnCall = _ => goOn.Task;
        var labels = Enumerable.Range(0, 10).Select(label => $"{label}");
        var request = new GenerateRequest { Steps = 8 };
        request.Labels.AddRange(labels);
        await using var reader = await TimelineReader.OpenAsync(Gateway);
        var working = Gateway.Client.GenerateAsync(request).ResponseAsync;
        var state = await reader.StateAsync(state => state.Running.Count > 0);
        var running = Assert.Single(state.Running);
        Assert.Equal(("drafter", 4u, null, ""), (running.Stage, running.Images, running.End, running.Outcome));
        Assert.Equal(2u, state.QueueDepth);
        goOn.SetResult();
        await working;
    }

    [Fact]
    public async Task Timeline_OfAGatewayThatEnds_EndsWithAnError()
    {
        await using var reader = await TimelineReader.OpenAsync(Gateway);
        await reader.StateAsync(_ => true);
        var ending = Gateway.DisposeAsync();
        var last = await reader.NextAsync();
        while (last.EventType != "error")
        {
            last = await reader.NextAsync();
        }

        using var error = JsonDocument.Parse(last.Data);
        Assert.Equal(14, error.RootElement.GetProperty("code").GetInt32());
        await ending;
    }
}
