using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Tests.Lanes;
using CoDe.Hosting.Tls;
using CoDe.Protocol.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CoDe.Gateway.Tests.Requests;

/// <summary>Admission by predicted completion, on a clock that only the test moves.</summary>
public sealed class DeadlineTests
{
    private const int SecondsOfAnImage = 10;
    private const int Long = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Submit_WhatWouldBeDoneJustBeforeItsDeadline_IsRefusedUnlessItWasAccepted()
    {
        await using var stage = await StageDouble.StartAsync();
        var clock = new Clock();
        var (drafters, refiners) = (await PoolAsync("drafter", stage), await PoolAsync("refiner", stage));
        var pipeline = PipelineOf.Pools(drafters, refiners, new AdmissionQueue(10), TimeSpan.Zero, clock);
        stage.OnCall = call =>
        {
            clock.Seconds += call.StartsWith("draft", StringComparison.Ordinal) ? SecondsOfAnImage : 0;
            return Task.CompletedTask;
        };
        await DoneAsync(pipeline, clock.After(Long));

        var gate = new TaskCompletionSource();
        stage.OnCall = _ => gate.Task;
        var busy = DoneAsync(pipeline, clock.After(Long));
        var early = clock.After((2 * SecondsOfAnImage) + 1);
        Assert.Throws<OverloadedException>(() => pipeline.Submit([Item()], early));
        var again = Item();
        pipeline.Submit([again], early, wasAccepted: true);
        var taken = DoneAsync(pipeline, clock.After(Long));
        gate.SetResult();
        await Task.WhenAll(busy, taken, again.Done).WaitAsync(Patience);
    }

    private static WorkItem Item() => new(
        new BatchKey("tiny", 8), new ImageSpec { Label = 1, Seed = 1 }, default, 0, 1, CancellationToken.None);

    private static Task<FinishedImage> DoneAsync(GenerationPipeline pipeline, DateTime deadline)
    {
        var item = Item();
        pipeline.Submit([item], deadline);
        return item.Done.WaitAsync(Patience);
    }

    private static async Task<ReplicaPool> PoolAsync(string name, StageDouble stage)
    {
        var pool = new ReplicaPool(name);
        var probe = new ReplicaProbe(
            pool, [stage.Address], StageClient.DrafterStatusAsync, PeerTls.Trusting(null), TimeProvider.System,
            NullLogger.Instance);
        await probe.ProbeAsync(CancellationToken.None);
        return pool;
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; } = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Seconds);

        public DateTime After(int seconds) => GetUtcNow().UtcDateTime.AddSeconds(seconds);
    }
}
