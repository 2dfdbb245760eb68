using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

/// <summary>Delay of images to fill a batch while a drafter is free. The stage takes four at a time.</summary>
public sealed class BatchDelayTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Almost = Delay - TimeSpan.FromMilliseconds(1);

    private readonly ManualClock _clock = new();
    private readonly AdmissionQueue _queue = new(limit: 100);
    private readonly ReplicaPool _drafters = new("drafter");
    private readonly ReplicaPool _refiners = new("refiner");
    private StageDouble _stage = null!;

    public async Task InitializeAsync()
    {
        _stage = await StageDouble.StartAsync();
        var status = new StageStatus
        {
            Ready = true,
            LargestBatch = 4,
            Models = { new ServedModel { Name = "tiny", Steps = { 6, 8 } } },
        };
        foreach (var pool in new[] { _drafters, _refiners })
        {
            pool.Follow([_stage.Address]);
            pool.Update(pool.Replicas[0], status);
        }
    }

    public async Task DisposeAsync()
    {
        _drafters.Follow([]);
        _refiners.Follow([]);
        await _stage.DisposeAsync();
    }

    [Fact]
    public async Task Image_Alone_IsDraftedWhenTheDelayIsOver()
    {
        var pipeline = Pipeline(Delay);
        var item = Submit(pipeline, 1);
        _clock.Advance(Almost);
        Assert.Equal(1, _queue.Waiting);
        _clock.Advance(Delay - Almost);
        await DoneAsync(item);
        Assert.Equal(["draft tiny 8: 1"], Drafted());
    }

    [Fact]
    public async Task Images_ThatComeMeanwhile_AreDraftedWithTheFirst()
    {
        var pipeline = Pipeline(Delay);
        var first = Submit(pipeline, 1);
        _clock.Advance(Almost);
        var (second, other) = (Submit(pipeline, 2), Submit(pipeline, 3, steps: 6));
        Assert.Equal(3, _queue.Waiting);
        _clock.Advance(Delay - Almost);
        await DoneAsync(first, second);
        Assert.Equal(["draft tiny 8: 1 2"], Drafted());
        Assert.Equal(1, _queue.Waiting);
        _clock.Advance(Almost);
        await DoneAsync(other);
    }

    [Fact]
    public async Task Images_ThatFillABatch_DoNotWait()
    {
        var pipeline = Pipeline(Delay);
        await DoneAsync([.. Enumerable.Range(1, 4).Select(label => Submit(pipeline, label))]);
        Assert.Equal(["draft tiny 8: 1 2 3 4"], Drafted());
    }

    [Fact]
    public async Task Image_WithoutADelay_IsDraftedAtOnce()
    {
        var pipeline = Pipeline(TimeSpan.Zero);
        await DoneAsync(Submit(pipeline, 1));
        Assert.Equal(["draft tiny 8: 1"], Drafted());
    }

    [Fact]
    public async Task Image_ThatIsCancelledWhileItWaits_NeitherCountsNorHoldsOthersUp()
    {
        var pipeline = Pipeline(Delay);
        using var givenUp = new CancellationTokenSource();
        WorkItem[] cancelled =
        [
            Submit(pipeline, 1, cancellation: givenUp.Token), Submit(pipeline, 2, cancellation: givenUp.Token),
        ];
        _clock.Advance(Almost);
        await givenUp.CancelAsync();
        WorkItem[] others = [Submit(pipeline, 3), Submit(pipeline, 4)];
        Assert.Equal(2, _queue.Waiting);
        _clock.Advance(Delay - Almost);
        Assert.Equal(2, _queue.Waiting);
        _clock.Advance(Almost);
        await DoneAsync(others);
        Assert.Equal(["draft tiny 8: 3 4"], Drafted());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Task.WhenAll(cancelled.Select(item => item.Done)));
    }

    private static async Task DoneAsync(params WorkItem[] items)
        => await Task.WhenAll(items.Select(item => item.Done)).WaitAsync(Patience);

    private static WorkItem Submit(
        GenerationPipeline pipeline, int label, int steps = 8, CancellationToken cancellation = default)
    {
        var item = new WorkItem(
            new BatchKey("tiny", steps), new ImageSpec { Label = (uint)label }, default, 0, 1, cancellation);
        pipeline.Submit([item], DateTime.MaxValue);
        return item;
    }

    private GenerationPipeline Pipeline(TimeSpan delay)
        => PipelineOf.Pools(_drafters, _refiners, _queue, delay, _clock);

    private IEnumerable<string> Drafted()
        => _stage.Calls.Where(call => call.StartsWith("draft", StringComparison.Ordinal));
}
