using CoDe.Engine.Training;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Training.Var;
using Xunit;

namespace CoDe.Engine.Tests.Training;

public sealed class TrainingPlanTests
{
    private static readonly TrainingPlan Plan = new(
        Epochs: 10, Batch: 32, Accumulation: 16, BaseRate: 1e-4, WarmUp: 0.1);

    /// <summary>512 images a step have twice the base rate.</summary>
    [Fact]
    public void Rate_OverARun_RisesInALineAndFallsAsACosine()
    {
        Assert.Equal(1e-6, Plan.Rate(0, 101), 1e-12);
        Assert.Equal(2e-4 * 0.5025, Plan.Rate(5, 101), 1e-12);
        Assert.Equal(2e-4, Plan.Rate(10, 101), 1e-12);
        Assert.Equal(2e-4 * 0.505, Plan.Rate(55, 101), 1e-12);
        Assert.Equal(2e-6, Plan.Rate(100, 101), 1e-12);
    }

    [Theory]
    [InlineData(512, 10)]
    [InlineData(513, 11)]
    [InlineData(10, 1)]
    public void Steps_OfAnyNumberOfImages_CoverTheEpochs(int images, long steps)
        => Assert.Equal(steps, Plan.Steps(images));

    [Fact]
    public void Of_ManyLabels_DropsTheShareAndAlwaysTheSame()
    {
        var labels = new LabelDropout(0.1, 1000, seed: 3);
        var dropped = Enumerable.Range(0, 20_000).Where(place => labels.Of(7, place) == 1000).ToArray();
        Assert.InRange(dropped.Length, 1800, 2200);
        Assert.Equal(dropped, Enumerable.Range(0, 20_000).Where(place => labels.Of(7, place) != 7));
    }

    [Fact]
    public void Permutation_OfAnyEpoch_HasEveryImageOnceInAnOrderOfItsOwn()
    {
        var first = new CounterRandom(1, RandomPurpose.Order, 0).Permutation(1000);
        var second = new CounterRandom(1, RandomPurpose.Order, 1).Permutation(1000);
        Assert.Equal(Enumerable.Range(0, 1000), first.Order());
        Assert.InRange(first.Zip(second).Count(pair => pair.First == pair.Second), 0, 20);
    }

    [Fact]
    public void FillNormal_WithManyNumbers_HasTheirMeanAndDeviation()
    {
        var values = new float[20_001];
        new CounterRandom(1, RandomPurpose.Weights, 4).FillNormal(values, 0.5);
        Assert.InRange(values.Average(), -0.02, 0.02);
        Assert.InRange(Math.Sqrt(values.Average(value => value * value)), 0.49, 0.51);
    }
}
