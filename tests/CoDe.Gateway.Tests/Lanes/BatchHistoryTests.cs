using CoDe.Gateway.Lanes;
using CoDe.Telemetry;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

public sealed class BatchHistoryTests
{
    private const string Replica = "http://one:1";

    private static readonly BatchKey Lane = new("tiny", 8);

    private readonly ManualClock _clock = new();
    private readonly BatchHistory _history;

    public BatchHistoryTests() => _history = new BatchHistory(_clock);

    [Fact]
    public void Read_BatchThatWaitedForTheDevice_BeginsWhenTheOneBeforeEnds()
    {
        var first = _history.Begin("drafter", Replica, Lane, 4);
        var second = _history.Begin("refiner", Replica, Lane, 2);
        Advance(3);
        first(OutcomeNames.Done);
        Advance(2);
        Assert.Equal((At(3), null), SpanOf(Assert.Single(_history.Read(default).Running)));
        second(OutcomeNames.Failed);
        var reading = _history.Read(default);
        Assert.Equal([(At(0), At(3)), (At(3), At(5))], reading.Done.Select(SpanOf));
        Assert.Equal(["done", "failed"], reading.Done.Select(batch => batch.Outcome));
        Assert.Equal([4, 2], reading.Done.Select(batch => batch.Images));
        Assert.Empty(reading.Running);
    }

    [Fact]
    public void Read_TwoBatchesOnOneDevice_OneRuns()
    {
        _history.Begin("drafter", Replica, Lane, 4);
        _history.Begin("drafter", Replica, Lane, 3);
        _history.Begin("drafter", "http://two:1", Lane, 2);
        Assert.Equal([4, 2], _history.Read(default).Running.Select(batch => batch.Images));
    }

    [Fact]
    public void Read_FromAPosition_TellsWhatEndedSince()
    {
        Run(1, 1);
        var position = _history.Read(default).Position;
        Assert.Empty(_history.Read(position).Done);
        Run(1, 2);
        Assert.Equal(2, Assert.Single(_history.Read(position).Done).Images);

        // As of a dispatcher that was lost.
        var other = new HistoryPosition(Guid.NewGuid(), 100);
        Assert.Equal([1, 2], _history.Read(other).Done.Select(batch => batch.Images));
    }

    [Fact]
    public void Read_ByASlowReader_KeepsTheLastAndCountsTheMissed()
    {
        var position = _history.Read(default).Position;
        for (var batch = 0; batch < BatchHistory.Most + 10; batch++)
        {
            Run(0.001, batch);
        }

        var reading = _history.Read(position);
        Assert.Equal((10, BatchHistory.Most), (reading.Missed, reading.Done.Length));
        Assert.Equal(10, reading.Done[0].Images);
        Assert.Equal(0, _history.Read(default).Missed);
        Assert.Equal(0, _history.Read(reading.Position).Missed);
    }

    [Fact]
    public void Stages_OverTheWindow_AreMeasured()
    {
        Run(4, 8);
        Advance(4);
        var stage = _history.Read(default).Stages["drafter"];
        Assert.Equal(new StageWork(0.5, 1, 8, 1), stage);

        // Of the first batch two seconds are within the window.
        Advance(2);
        _history.Begin("drafter", "http://two:1", Lane, 8);
        Advance(2);
        Assert.Equal(new StageWork(0.4, 1, 8, 0.8), _history.Read(default).Stages["drafter"]);
        Advance(60);
        Assert.Equal(new StageWork(1, 0, 0, 0), _history.Read(default).Stages["drafter"]);
    }

    [Fact]
    public void Stages_OfFailedAndEncodedBatches_CountNoImagesPerSecond()
    {
        var lost = _history.Begin("drafter", Replica, Lane, 8);
        Advance(4);
        lost(OutcomeNames.Failed);
        var encoded = _history.Begin("refiner", Replica, new BatchKey("tiny", 0), 1);
        Advance(4);
        encoded(OutcomeNames.Done);
        var stages = _history.Read(default).Stages;
        Assert.Equal(["refiner"], stages.Keys);
        Assert.Equal(new StageWork(0.5, 1, 1, 0), stages["refiner"]);
    }

    private static (DateTime Start, DateTime? End) SpanOf(StageBatch batch) => (batch.Start, batch.End);

    private static DateTime At(double seconds) => DateTime.UnixEpoch + TimeSpan.FromSeconds(seconds);

    private void Advance(double seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));

    private void Run(double seconds, int images)
    {
        var end = _history.Begin("drafter", Replica, Lane, images);
        Advance(seconds);
        end(OutcomeNames.Done);
    }
}
