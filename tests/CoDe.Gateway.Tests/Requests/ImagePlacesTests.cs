using CoDe.Flow;
using CoDe.Gateway.Requests;
using Xunit;

namespace CoDe.Gateway.Tests.Requests;

public sealed class ImagePlacesTests
{
    [Fact]
    public void Enter_BeyondTheLimit_IsRefusedUntilOneLeaves()
    {
        var places = new ImagePlaces(4, "wait");
        using var first = places.Enter("a", 3);
        var refused = Assert.Throws<OverloadedException>(() => places.Enter("b", 2));
        Assert.Equal("3 of at most 4 images wait", refused.Reason);
        using (places.Enter("b", 1))
        {
            Assert.Throws<OverloadedException>(() => places.Enter("c", 1));
        }

        first.Dispose();
        first.Dispose();
        places.Enter("a", 4).Dispose();
    }

    [Fact]
    public void Enter_OfACallerWithMostPlaces_LeavesSomeForOthers()
    {
        var places = new ImagePlaces(90, "wait");
        using var most = places.Enter("greedy", 80);
        var refused = Assert.Throws<OverloadedException>(() => places.Enter("greedy", 1));
        Assert.Equal("80 images of this caller wait, and the rest of the 90 places is kept for others", refused.Reason);
        using var other = places.Enter("other", 1);
    }
}
