using CoDe.Gateway.Callers.Quotas;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>Images of the last minute.</summary>
public sealed class ImageWindowTests
{
    private readonly ManualClock _clock = new();
    private readonly ImageWindow _window;

    public ImageWindowTests() => _window = new ImageWindow(_clock);

    [Fact]
    public void Take_BeyondTheLimit_WaitsForAWholeMinute()
    {
        Assert.Equal(7, _window.Take(7, 0, 10));
        _clock.Advance(TimeSpan.FromSeconds(20.5));
        Assert.Equal(3, _window.Take(2, 5, 10));
        Assert.Equal(0, _window.Take(1, 0, 10));
        Assert.Equal(TimeSpan.FromSeconds(61 - 20.5), _window.WaitFor(1, 10));
        Assert.Equal(TimeSpan.FromSeconds(81 - 20.5), _window.WaitFor(8, 10));
        _clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(0, _window.Take(1, 0, 10));
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(7, _window.Take(7, 9, 10));
        Assert.Equal(0, _window.Take(1, 0, 10));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(10, _window.Take(10, 0, 10));
    }

    [Fact]
    public void GiveBack_OfWhatWasNotUsed_IsThereAgain()
    {
        _window.Take(4, 0, 10);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _window.Take(6, 0, 10);
        _window.GiveBack(8);
        Assert.Equal(0, _window.Take(9, 0, 10));
        Assert.Equal(8, _window.Take(8, 0, 10));
        _window.GiveBack(100);
        Assert.Equal(10, _window.Take(10, 0, 10));
    }

    /// <summary>Any minute, at whatever moment it begins, has at most the limit.</summary>
    [Fact]
    public void Take_AtAnyMoments_KeepsEveryMinuteToTheLimit()
    {
        const int Limit = 50;
        var random = new Random(7);
        var taken = new List<(double Second, int Images)>();
        for (var second = 0.0; second < 400; second += random.NextDouble() * 3)
        {
            _clock.Advance(TimeSpan.FromSeconds(second) - _clock.GetElapsedTime(0));
            taken.Add((second, _window.Take(random.Next(1, 6), random.Next(0, 3), Limit)));
        }

        Assert.All(taken, each => Assert.InRange(
            taken.Where(other => other.Second >= each.Second && other.Second < each.Second + 60)
                .Sum(other => other.Images),
            0, Limit));
        Assert.InRange(taken.Sum(each => each.Images), 5 * Limit, 8 * Limit);
    }
}
