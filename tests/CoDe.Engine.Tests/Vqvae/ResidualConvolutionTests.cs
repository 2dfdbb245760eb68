using CoDe.Engine.Vqvae;
using CoDe.Flow;
using Xunit;

namespace CoDe.Engine.Tests.Vqvae;

public sealed class ResidualConvolutionTests
{
    [Theory]
    [InlineData(1, new[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(4, new[] { 0, 0, 1, 1, 1, 2, 2, 3, 3, 3 })]
    [InlineData(10, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    public void Convolution_OfEveryScale_IsTheOneOfTheNearestTick(int count, int[] expected)
    {
        var config = VqvaeConfig.Published with { ResidualConvolutions = count };
        Assert.Equal(expected, Enumerable.Range(0, 10).Select(scale =>
            config.ResidualConvolution(scale, ScaleSchedule.Published256)));
    }
}
