using CoDe.Planning;
using Xunit;

namespace CoDe.Shared.Tests.Planning;

public sealed class PercentileTests
{
    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(0.9, 9)]
    [InlineData(0.91, 10)]
    [InlineData(0.99, 10)]
    [InlineData(1, 10)]
    public void Percentile_OfTenValues_IsTheNearestRank(double share, double expected)
        => Assert.Equal(expected, Percentile.Of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share));
}
