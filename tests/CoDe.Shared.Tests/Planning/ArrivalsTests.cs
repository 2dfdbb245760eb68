using CoDe.Planning;
using Xunit;

namespace CoDe.Shared.Tests.Planning;

public sealed class ArrivalsTests
{
    [Fact]
    public void Arrivals_OfASeed_AreThoseOfTheRateAndAlwaysTheSame()
    {
        TimeSpan[] due = [.. Arrivals.AtRandom(100, 3).Take(20_000)];
        Assert.Equal(Arrivals.AtRandom(100, 3).Take(20_000), due);
        Assert.NotEqual(Arrivals.AtRandom(100, 4).First(), due[0]);
        double[] gaps = [.. due.Zip(due.Skip(1), (first, second) => (second - first).TotalSeconds)];
        var mean = gaps.Average();
        Assert.InRange(mean, 0.0097, 0.0103);

        // Of a Poisson process the standard deviation is the mean.
        Assert.InRange(Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean))), 0.0095, 0.0105);
    }
}
