using CoDe.Gateway.Lanes;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

public sealed class ThroughputTests
{
    [Fact]
    public void TimeFor_BeforeAnythingWasDone_IsNothing()
        => Assert.Equal(TimeSpan.Zero, new Throughput(new Clock()).TimeFor(100));

    [Fact]
    public void TimeFor_AfterBatchesThatOverlap_CountsEachFromTheOneBefore()
    {
        var clock = new Clock();
        var throughput = new Throughput(clock);
        var first = clock.After(0);
        var second = clock.After(1);
        clock.After(1);
        throughput.Record(first, images: 4);
        Assert.Equal(2.0 / 4 * 10, throughput.TimeFor(10).TotalSeconds, 6);
        clock.After(1);
        throughput.Record(second, images: 4);
        Assert.Equal((2.0 + 1.0) / 8 * 10, throughput.TimeFor(10).TotalSeconds, 6);
    }

    [Fact]
    public void TimeFor_AfterOnePause_IsThatOfTheOtherBatches()
    {
        var clock = new Clock();
        var throughput = new Throughput(clock);
        foreach (var seconds in (int[])[1, 1, 60, 1])
        {
            var started = clock.After(0);
            clock.After(seconds);
            throughput.Record(started, images: 4);
        }

        Assert.Equal(1.0 / 4 * 10, throughput.TimeFor(10).TotalSeconds, 6);
    }

    [Fact]
    public void TimeFor_AfterALastingChange_FollowsIt()
    {
        var clock = new Clock();
        var throughput = new Throughput(clock);
        for (var batch = 0; batch < 17; batch++)
        {
            var started = clock.After(0);
            clock.After(batch < 8 ? 1 : 3);
            throughput.Record(started, images: 4);
        }

        Assert.Equal(3.0 / 4 * 10, throughput.TimeFor(10).TotalSeconds, 6);
    }

    /// <summary>Goes on when it is told to.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _now;

        public long After(int seconds) => _now += seconds * TimestampFrequency;
    }
}
