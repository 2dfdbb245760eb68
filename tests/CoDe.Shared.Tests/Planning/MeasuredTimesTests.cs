using CoDe.Flow;
using CoDe.Planning;
using Xunit;

namespace CoDe.Shared.Tests.Planning;

/// <summary>Time and memory of a batch, from measurements.</summary>
public sealed class MeasuredTimesTests
{
    [Theory]
    [InlineData(1, 0.2)]
    [InlineData(2, 0.2)]
    [InlineData(3, 0.3)]
    [InlineData(4, 0.4)]
    [InlineData(7, 1.0)]
    [InlineData(8, 1.2)]
    [InlineData(100, 1.2)]
    public void Curve_BetweenMeasurements_IsALine(int batch, double expected)
        => Assert.Equal(expected, new MeasuredCurve([(2, 0.2), (4, 0.4), (8, 1.2)]).At(batch), 12);

    [Fact]
    public void Curve_OfSeveralMeasurementsOfASize_HasTheirMedian()
    {
        var curve = MeasuredCurve.Of([(8, 3), (1, 0.1), (1, 5), (1, 0.2)])!;
        Assert.Equal([1, 8], curve.Batches);
        Assert.Equal(0.2, curve.At(1));
    }

    [Fact]
    public void Times_OfAStageAlone_AreTakenForASplitAndThoseOfBothForAWorker()
    {
        var times = new MeasuredTimes(
        [
            new(MeasuredStages.All, 8, 1, 1.0, 2.0, 3), new(MeasuredStages.All, 8, 4, 1.5, 3.0, 4),
            new(MeasuredStages.Draft, 8, 1, 0.9, null, 2), new(MeasuredStages.Refine, 8, 1, null, 1.9, 1),
        ]);
        Assert.Equal([1, 4], times.BatchesOf(8));
        var (alone, shared) = (Of(isShared: false), Of(isShared: true));
        Assert.Equal((0.9, 1.5, 2, 2), (alone.Seconds.At(1), alone.Seconds.At(4), Gib(alone, 1), Gib(alone, 4)));
        Assert.Equal((1.0, 1.5, 3, 4), (shared.Seconds.At(1), shared.Seconds.At(4), Gib(shared, 1), Gib(shared, 4)));

        StageCost Of(bool isShared) => times.Of(8, MeasuredStages.Draft, isShared);
    }

    [Fact]
    public void Memory_OfAWorkerThatWasNotMeasured_IsTheSumOfItsStages()
    {
        var times = new MeasuredTimes(
        [
            new(MeasuredStages.Draft, 8, 1, 0.9, null, 2), new(MeasuredStages.Refine, 8, 1, null, 1.9, 1),
        ]);
        Assert.Equal(3, Gib(times.Of(8, MeasuredStages.Refine, isShared: true), 1));
    }

    /// <summary>A peak also has what loading took.</summary>
    [Fact]
    public void Memory_ThatWasPlanned_CountsBeforePeaks()
    {
        var times = new MeasuredTimes(
        [
            new(MeasuredStages.Draft, 8, 1, 0.9, null, 5), new(MeasuredStages.Draft, 8, 1, null, null, 2),
            new(MeasuredStages.Draft, 8, 8, null, null, 4), new(MeasuredStages.Refine, 8, 1, null, 1.9, 1),
        ]);
        var draft = times.Of(8, MeasuredStages.Draft, isShared: false);
        Assert.Equal((2, 4), (Gib(draft, 1), Gib(draft, 8)));
    }

    [Fact]
    public void Times_WithoutACommonBatch_SayWhatThereIs()
    {
        var times = new MeasuredTimes(
        [
            new(MeasuredStages.Draft, 8, 1, 0.9, null, null), new(MeasuredStages.Draft, 8, 2, 0.9, null, null),
            new(MeasuredStages.Refine, 8, 4, null, 1.9, null), new(MeasuredStages.Draft, 6, 1, 1, null, null),
        ]);
        Assert.Empty(times.BatchesOf(8));
        Assert.Equal(
            "N = 8 has no batch size with times of both stages: draft has 1, 2, refine has 4.", times.ProblemOf(8));
        Assert.EndsWith("draft has 1, refine has none.", times.ProblemOf(6), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x: batch is 0; allowed: 1 to 256.", 8, 0, 1.0, 1.0, 1.0)]
    [InlineData("x: steps is 65; allowed: 1 to 64.", 65, 1, 1.0, 1.0, 1.0)]
    [InlineData("x: draft_s is 0; allowed: above 0 to 86400.", 8, 1, 0.0, 1.0, 1.0)]
    [InlineData("x: refine_s + decode_s is NaN; allowed: above 0 to 86400.", 8, 1, 1.0, double.NaN, 1.0)]
    [InlineData("x: peak_gib is -1; allowed: 0 to 1048576.", 8, 1, 1.0, 1.0, -1.0)]
    public void Measurement_OutOfItsRange_IsNamed(
        string message, int steps, int batch, double draft, double refine, double memory)
    {
        var row = new StageMeasurement(MeasuredStages.All, steps, batch, draft, refine, memory);
        Assert.Equal(message, Assert.Throws<InvalidSettingException>(() => row.Check("x")).Message);
    }

    private static double Gib(StageCost cost, int batch) => cost.Gibibytes!.At(batch);
}
