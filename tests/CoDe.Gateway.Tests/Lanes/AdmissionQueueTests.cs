using CoDe.Flow;
using CoDe.Gateway.Lanes;
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
        queue.Add([Item(1), Item(2)]);
        var (ahead, taken) = (0, 0);
        queue.Add([Item(3)], waiting => (ahead, taken) = (waiting, queue.Take(Key, 10).Count));
        Assert.Equal((2, 2), (ahead, taken));
        Assert.Equal([3], Labels(queue.Take(Key, 10)));
    }

    [Fact]
    public void Take_OfSeveralPriorities_TakesTheHighestFirstAndThenTheEarliest()
    {
        var queue = new AdmissionQueue(10);
        queue.Add(
            [
                Item(1, priority: 2), Item(2, priority: 1), Item(3, priority: 2), Item(4, priority: 1),
                Item(5, priority: 0),
            ]);
        Assert.Equal([5, 2, 4], Labels(queue.Take(Key, 3)));
        Assert.Equal([1, 3], Labels(queue.Take(Key, 3)));
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public void Keys_OfSeveralKinds_AreInTheOrderInWhichTheyAreServed()
    {
        var queue = new AdmissionQueue(10);
        queue.Add([Item(1, steps: 6), Item(2, steps: 8), Item(3, steps: 6), Item(4, steps: 9, priority: 0)]);
        Assert.Equal([9, 6, 8], queue.Keys().Select(key => key.Steps));
    }

    [Fact]
    public async Task Image_WhoseClientIsGone_LeavesAtOnce()
    {
        var queue = new AdmissionQueue(2);
        using var client = new CancellationTokenSource();
        var gone = Item(1, cancellation: client.Token);
        queue.Add([gone, Item(2)]);
        await client.CancelAsync();
        Assert.Equal(1, queue.Waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.Done);
        queue.Add([Item(3)]);
        Assert.Equal([2, 3], Labels(queue.Take(Key, 10)));
    }

    [Fact]
    public void Take_OfSeveralCallers_TakesAnImageOfEachInTurn()
    {
        var queue = new AdmissionQueue(10);
        queue.Add([Item(1, caller: "a"), Item(2, caller: "a"), Item(3, caller: "a")]);
        queue.Add([Item(4, caller: "b"), Item(5, caller: "b")]);
        queue.Add([Item(6, caller: "c")]);
        Assert.Equal([1, 4], Labels(queue.Take(Key, 2)));
        Assert.Equal([6, 2, 5, 3], Labels(queue.Take(Key, 10)));
    }

    [Fact]
    public void Add_OfACallerThatFillsTheQueue_LeavesRoomForOthers()
    {
        var queue = new AdmissionQueue(90);
        queue.Add([.. Enumerable.Range(0, 79).Select(label => Item(label, caller: "greedy"))]);
        queue.Add([Item(79, caller: "greedy")]);
        Assert.Throws<OverloadedException>(() => queue.Add([Item(80, caller: "greedy")]));
        queue.Add([Item(81, caller: "other")]);
        Assert.Equal(81, queue.Waiting);
    }

    [Fact]
    public void Add_OfImagesThatWereAcceptedBefore_ExceedsTheLimit()
    {
        var queue = new AdmissionQueue(1);
        queue.Add([Item(1)]);
        Assert.Throws<OverloadedException>(() => queue.Add([Item(2)]));
        queue.Add([Item(3)], wasAccepted: true);
        Assert.Equal([1, 3], Labels(queue.Take(Key, 10)));
    }

    [Fact]
    public void Take_OfLargeRequestsOfACaller_TakesEightImagesOfEachInTurn()
    {
        var queue = new AdmissionQueue(100);
        queue.Add(Request(1, 10));
        queue.Add(Request(11, 17));
        queue.Add(Request(28, 1));
        Assert.Equal(Enumerable.Range(1, 3), Labels(queue.Take(Key, 3)));
        Assert.Equal(
            [4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 28, 9, 10, .. Enumerable.Range(19, 9)],
            Labels(queue.Take(Key, 100)));
    }

    [Fact]
    public void Take_OfRequestsThatFitIntoATurn_ServesThemWholeAndInTheirOrder()
    {
        var queue = new AdmissionQueue(4096);
        foreach (var request in Enumerable.Range(0, 100))
        {
            queue.Add(Request(4 * request, 4));
        }

        Assert.Equal(Enumerable.Range(0, 400), Labels(queue.Take(Key, 400)));
    }

    [Fact]
    public void Take_OfSingleImagesOfACaller_TakesThemInTheirOrder()
    {
        var queue = new AdmissionQueue(10);
        for (var label = 1; label <= 6; label++)
        {
            queue.Add([Item(label, request: Guid.NewGuid())]);
        }

        Assert.Equal([1, 2, 3, 4], Labels(queue.Take(Key, 4)));
        Assert.Equal([5, 6], Labels(queue.Take(Key, 4)));
    }

    [Fact]
    public void AheadOf_ACallerWithFewImages_CountsOnlyWhatIsServedBefore()
    {
        var queue = new AdmissionQueue(100);
        queue.Add([.. Enumerable.Range(0, 50).Select(label => Item(label, caller: "many"))]);
        queue.Add([Item(50, caller: "one")]);
        Assert.Equal(2, queue.AheadOf("new", 1, 1));
        Assert.Equal(3, queue.AheadOf("one", 1, 1));
        Assert.Equal(8 + 2, queue.AheadOf("many", 1, 1));
        Assert.Equal((4 * 8) + 2, queue.AheadOf("many", 1, 30));
        Assert.Equal((2 * 50) + 2, queue.AheadOf("many", 1, 1000));
        queue.Take(Key, 45);
        Assert.Equal(6 + 0, queue.AheadOf("many", 1, 1));
    }

    [Fact]
    public void AheadOf_APriority_CountsNothingThatItOvertakes()
    {
        var queue = new AdmissionQueue(100);
        queue.Add([.. Enumerable.Range(0, 50).Select(label => Item(label, priority: 1))]);
        queue.Add([.. Enumerable.Range(50, 7).Select(label => Item(label, priority: 0))]);
        Assert.Equal(1, queue.AheadOf("new", 0, 1));
        Assert.Equal(7 + 1, queue.AheadOf("new", 1, 1));
        Assert.Equal(57, queue.AheadOf("new", 2, 1));
    }

    private static IEnumerable<int> Labels(IEnumerable<WorkItem> items) => items.Select(item => (int)item.Spec.Label);

    /// <summary>Makes images of one request.</summary>
    private static WorkItem[] Request(int first, int count)
    {
        var request = Guid.NewGuid();
        return [.. Enumerable.Range(first, count).Select(label => Item(label, request: request))];
    }

    private static WorkItem Item(
        int label, int steps = 8, int priority = 1, string caller = "", Guid request = default,
        CancellationToken cancellation = default)
        => new(
            Key with { Steps = steps }, new Protocol.V1.ImageSpec { Label = (uint)label },
            default, 0, priority, cancellation)
        {
            Caller = caller,
            Request = request,
            HasWaited = true,
        };
}
