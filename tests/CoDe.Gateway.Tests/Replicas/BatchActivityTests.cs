using System.Diagnostics;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Protocol.V1;
using CoDe.Telemetry;
using Xunit;
using ActivityNames = CoDe.Telemetry.ActivityNames;

namespace CoDe.Gateway.Tests.Replicas;

public sealed class BatchActivityTests
{
    [Fact]
    public void Batch_OfSeveralRequests_BelongsToTheFirstAndLinksToTheOthers()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ActivityNames.Source,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var (first, firstTrace) = ItemOfARequest();
        var (other, otherTrace) = ItemOfARequest();
        using var replica = new Replica("http://127.0.0.1:1");

        using var batch = BatchActivity.Start(ActivityNames.DraftBatch, replica, [first, other, first, other]);

        Assert.Equal((firstTrace.TraceId, firstTrace.SpanId), (batch!.TraceId, batch.ParentSpanId));
        Assert.Equal(otherTrace, Assert.Single(batch.Links).Context);
        Assert.Equal(4, batch.GetTagItem(TagNames.Images));
    }

    private static (WorkItem Item, ActivityContext Trace) ItemOfARequest()
    {
        using var request = new Activity("request").Start();
        var item = new WorkItem(new BatchKey("tiny", 8), new ImageSpec(), default, 0, 1, CancellationToken.None)
        {
            Trace = request.Context,
        };
        return (item, request.Context);
    }
}
