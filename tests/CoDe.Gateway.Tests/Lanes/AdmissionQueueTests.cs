using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

/// <summary>Order and limits of the waiting images.</summary>
public sealed class AdmissionQueueTests
{
    private static readonly BatchKey Key = new("tiny", 8);

    [Fact]
    public void Add_SaysHowManyAreAhead_BeforeAnImageCanBeTaken()
    {
        var queue = new AdmissionQueue(10);
        queue.Add([Job(1), Job(2)]);
        var (ahead, taken) = (0, 0);
        queue.Add([Job(3)], waiting => (ahead, taken) = (waiting, queue.Take(Key, 10).Count));
        Assert.Equal((2, 2), (ahead, taken));
        Assert.Equal([3], Labels(queue.Take(Key, 10)));
    }

    [Fact]
    public void Take_OfSeveralPriorities_TakesTheHighestFirstAndThenTheEarliest()
    {
        var queue = new AdmissionQueue(10);
        queue.Add(
            [Job(1, priority: 2), Job(2, priority: 1), Job(3, priority: 2), Job(4, priority: 1), Job(5, priority: 0)]);
        Assert.Equal([5, 2, 4], Labels(queue.Take(Key, 3)));
        Assert.Equal([1, 3], Labels(queue.Take(Key, 3)));
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public void Keys_OfSeveralKinds_AreInTheOrderInWhichTheyAreServed()
    {
        var queue = new AdmissionQueue(10);
        queue.Add([Job(1, steps: 6), Job(2, steps: 8), Job(3, steps: 6), Job(4, steps: 9, priority: 0)]);
        Assert.Equal([9, 6, 8], queue.Keys().Select(key => key.Steps));
    }

    [Fact]
    public async Task Image_WhoseClientIsGone_LeavesAtOnce()
    {
        var queue = new AdmissionQueue(2);
        using var client = new CancellationTokenSource();
        var gone = Job(1, cancellation: client.Token);
        queue.Add([gone, Job(2)]);
        await client.CancelAsync();
        Assert.Equal(1, queue.Waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.Done);
        queue.Add([Job(3)]);
        Assert.Equal([2, 3], Labels(queue.Take(Key, 10)));
    }

    private static IEnumerable<int> Labels(IEnumerable<ImageJob> jobs) => jobs.Select(job => (int)job.Spec.Label);

    private static ImageJob Job(int label, int steps = 8, int priority = 1, CancellationToken cancellation = default)
        => new(
            Key with { Steps = steps }, new ImageSpec { Label = (uint)label }, default, 0, priority, cancellation)
        {
            HasWaited = true,
        };
}
