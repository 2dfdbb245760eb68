using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Results;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

public sealed class FlightsTests
{
    private static readonly FinishedImage Image = new(new Picture(1, 1, PictureFormat.Rgb, new byte[3]), []);

    private readonly Flights _flights = new();

    [Fact]
    public async Task Follower_OfALeaderThatFinishes_GetsItsImage()
    {
        Assert.True(_flights.TryLead("a", out var led));
        Assert.False(_flights.TryLead("a", out var followed));
        Assert.False(followed.Image.IsCompleted);
        led.End(Image);
        Assert.Same(Image, await followed.Image);
    }

    [Fact]
    public async Task Followers_OfALeaderThatFails_LeadOneAfterTheOther()
    {
        _flights.TryLead("a", out var first);
        _flights.TryLead("a", out var followed);
        first.End(null);
        Assert.Null(await followed.Image);
        Assert.True(_flights.TryLead("a", out var second));
        Assert.False(_flights.TryLead("a", out followed));
        second.End(Image);
        Assert.Same(Image, await followed.Image);
    }

    [Fact]
    public void End_OfAFormerFlight_LeavesTheNextAlone()
    {
        _flights.TryLead("a", out var former);
        former.End(Image);
        _flights.TryLead("a", out var next);
        former.End(null);
        Assert.False(_flights.TryLead("a", out var followed));
        Assert.Same(next, followed);
    }

    [Fact]
    public void Flights_OfOtherKeysAndAlone_AreNotFollowed()
    {
        _flights.Alone("a");
        Assert.True(_flights.TryLead("a", out _));
        Assert.True(_flights.TryLead("b", out _));
    }

    [Fact]
    public async Task TryLead_ByManyAtOnce_HasOneLeader()
    {
        var leads = await Task.WhenAll(Enumerable.Range(0, 50).Select(
            _ => Task.Run(() => _flights.TryLead("a", out var _))));
        Assert.Single(leads, isLeader => isLeader);
    }
}
