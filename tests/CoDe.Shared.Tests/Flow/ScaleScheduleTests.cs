using CoDe.Flow;
using Xunit;

namespace CoDe.Shared.Tests.Flow;

public sealed class ScaleScheduleTests
{
    [Fact]
    public void Published_Schedules_HaveThePapersCounts()
    {
        Assert.Equal((10, 680, 16), (
            ScaleSchedule.Published256.Count, ScaleSchedule.Published256.TotalTokens,
            ScaleSchedule.Published256.FinalSide));
        Assert.Equal((10, 2240, 32), (
            ScaleSchedule.Published512.Count, ScaleSchedule.Published512.TotalTokens,
            ScaleSchedule.Published512.FinalSide));
        Assert.Equal(
            [1, 5, 14, 30, 55, 91, 155, 255, 424, 680], Enumerable.Range(0, 10).Select(ScaleSchedule.Published256.End));
        Assert.Equal(0, ScaleSchedule.Published256.Progress(0));
        Assert.Equal(1, ScaleSchedule.Published256.Progress(9));
    }

    [Theory]
    [InlineData]
    [InlineData(0)]
    [InlineData(2, 1)]
    [InlineData(1, 2000)]
    public void Schedule_OfSidesThatDoNotRise_IsRefused(params int[] sides)
        => Assert.Throws<ArgumentException>(() => new ScaleSchedule(sides));

    [Fact]
    public void Mask_Reduced_TakesTheFirstPixelOfEveryCell()
    {
        float[] mask = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        Assert.Equal([0f, 2, 8, 10], EditMask.Reduce(mask, 4, 2));
        Assert.Throws<InvalidSettingException>(() => EditMask.Reduce(mask, 5, 2));
    }
}
