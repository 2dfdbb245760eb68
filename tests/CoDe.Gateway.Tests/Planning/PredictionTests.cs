using CoDe.Planning;
using Xunit;

namespace CoDe.Gateway.Tests.Planning;

/// <summary>
/// Predictions of the planner's simulation, beside what the gateway's dispatch does with the same images.
/// </summary>
public sealed class PredictionTests
{
    private const int Images = 600;

    // Sums of them differ, so that no two devices end at once by chance, where either may be first.
    private static readonly StageCost Draft = Cost((1, 0.12117), (2, 0.15031), (4, 0.21273), (8, 0.36419));
    private static readonly StageCost Refine = Cost((1, 0.10259), (2, 0.16183), (4, 0.29347), (8, 0.56123));

    [Theory]
    [InlineData(1, 1, false, 8)]
    [InlineData(1, 2, false, 4)]
    [InlineData(2, 3, false, 8)]
    [InlineData(1, 1, true, 8)]
    [InlineData(3, 3, true, 4)]
    public async Task Simulation_OfAFullQueue_GivesThroughputAndUtilisation(
        int drafters, int refiners, bool isShared, int batch)
    {
        var (predicted, actual) = await RunAsync(
            new Topology(drafters, refiners, isShared), batch, new double[Images]);
        AssertLoad(predicted, actual);
    }

    [Theory]
    [InlineData(1, 1, false, 8, 9)]
    [InlineData(2, 3, false, 8, 25)]
    [InlineData(1, 1, true, 8, 5)]
    [InlineData(3, 3, true, 4, 15)]
    public async Task Simulation_OfImagesAtRandomTimes_GivesLatencyToo(
        int drafters, int refiners, bool isShared, int batch, double rate)
    {
        var arrivals = Arrivals.AtRandom(rate, seed: 5).Take(Images).Select(time => time.TotalSeconds);
        var (predicted, actual) = await RunAsync(new Topology(drafters, refiners, isShared), batch, [.. arrivals]);
        AssertLoad(predicted, actual);
        foreach (var share in new[] { 0.5, 0.95, 0.99 })
        {
            AssertClose(predicted.Latency(share), actual.Latency(share));
        }
    }

    private static StageCost Cost(params (int, double)[] seconds) => new(new MeasuredCurve(seconds), null);

    private static void AssertLoad(ServingRun predicted, ServingRun actual)
    {
        AssertClose(predicted.Throughput, actual.Throughput);
        AssertClose(predicted.Drafting, actual.Drafting);
        AssertClose(predicted.Refining, actual.Refining);
        AssertClose(predicted.BatchSize, actual.BatchSize);
    }

    /// <summary>Compares runs, which are equal but where two devices end at once.</summary>
    private static void AssertClose(double predicted, double actual)
        => Assert.InRange(predicted / actual, 0.95, 1.05);

    private static async Task<(ServingRun Predicted, ServingRun Actual)> RunAsync(
        Topology topology, int batch, double[] arrivals)
    {
        var predicted = new ServingSimulation(topology, Draft, Refine, batch).Run(arrivals);
        await using var service = await ManualService.StartAsync(topology, Draft, Refine, batch);
        return (predicted, await service.RunAsync(arrivals));
    }
}
