using System.Diagnostics;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Telemetry;
using Xunit;

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
        var (first, firstTrace) = JobOfARequest();
        var (other, otherTrace) = JobOfARequest();
        using var replica = new Replica("http://127.0.0.1:1");

        using var batch = BatchActivity.Start(ActivityNames.DraftBatch, replica, [first, other, first, other]);

        Assert.Equal((firstTrace.TraceId, firstTrace.SpanId), (batch!.TraceId, batch.ParentSpanId));
        Assert.Equal(otherTrace, Assert.Single(batch.Links).Context);
        Assert.Equal(4, batch.GetTagItem(TagNames.Images));
    }

    private static (ImageJob Job, ActivityContext Trace) JobOfARequest()
    {
        using var request = new Activity("request").Start();
        var image = new ImageRequest(1, 1, 0, new SamplingSettings());
        return (
            new ImageJob(new BatchKey("tiny", 8), image, default, 0, 1, null, CancellationToken.None), request.Context);
    }
}
