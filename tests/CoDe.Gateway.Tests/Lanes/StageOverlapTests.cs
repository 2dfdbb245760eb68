using CoDe.Gateway.Lanes;
using Xunit;

namespace CoDe.Gateway.Tests.Lanes;

public sealed class StageOverlapTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Efficiency_StagesThatTakeTurns_IsOne()
    {
        var overlap = new StageOverlap(_clock);
        Assert.Null(overlap.Efficiency);
        overlap.BeginDraft();
        _clock.Advance(TimeSpan.FromSeconds(3));
        overlap.EndDraft();
        _clock.Advance(TimeSpan.FromSeconds(5));
        overlap.BeginRefine();
        _clock.Advance(TimeSpan.FromSeconds(1));
        overlap.EndRefine();
        Assert.Equal(1, overlap.Efficiency);
    }

    [Fact]
    public void Efficiency_StagesThatBothWorkHalfOfTheTime_IsOneAndAHalf()
    {
        var overlap = new StageOverlap(_clock);
        overlap.BeginDraft();
        _clock.Advance(TimeSpan.FromSeconds(4));
        overlap.BeginRefine();
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1.5, overlap.Efficiency);
    }

    [Fact]
    public void Efficiency_LongAfterTheLastWork_IsNone()
    {
        var overlap = new StageOverlap(_clock);
        overlap.BeginDraft();
        _clock.Advance(TimeSpan.FromSeconds(4));
        overlap.EndDraft();
        _clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Null(overlap.Efficiency);
    }
}
