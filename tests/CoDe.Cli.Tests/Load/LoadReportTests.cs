using CoDe.Cli.Load;
using Xunit;

namespace CoDe.Cli.Tests.Load;

/// <summary>Counts over the requests of a run.</summary>
public sealed class LoadReportTests
{
    private static readonly LoadPlan Plan = new(
        "tiny", ["0"], null, Mix.Parse("--count", "1"), 1, null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5),
        null, 0);

    [Fact]
    public void Report_CountsWhatWasAnsweredInTheMeasuredTime()
    {
        LoadSample[] samples =
        [
            Sample(8, 9.5), // before
            Sample(9, 11, images: 2), // due before, answered in the time
            Sample(11, 11.5, images: 4),
            Sample(12, 14),
            Sample(14, 16), // answered after the end
            Sample(12, 12.1, failure: "RESOURCE_EXHAUSTED"),
            Sample(13, 13.1, failure: "RESOURCE_EXHAUSTED"),
            Sample(13, 13.1, failure: "UNAVAILABLE"),
        ];
        var report = LoadReport.Of(Plan, samples, TimeSpan.FromSeconds(1));
        Assert.Equal((6, 3), (report.Requests, report.Answered));
        Assert.Equal(
            new Dictionary<string, int> { ["RESOURCE_EXHAUSTED"] = 2, ["UNAVAILABLE"] = 1 }, report.Failures);
        Assert.Equal(3 / 5.0, report.RequestsPerSecond, 9);
        Assert.Equal(7 / 5.0, report.ImagesPerSecond, 9);
        Assert.Equal(4 / 5.0, report.Goodput!.Value, 9);
        Assert.Equal(2000, report.Latency["p50"], 6);
        Assert.Equal(2000, report.Latency["max"], 6);
        Assert.Equal(3, report.Histogram.Sum(row => row.Requests));
    }

    [Fact]
    public void Report_OfANumberOfRequests_EndsWithTheLastAnswer()
    {
        var plan = Plan with { Duration = null, Requests = 2 };
        var report = LoadReport.Of(plan, [Sample(10, 12), Sample(12, 14, images: 3)], null);
        Assert.Equal((0.5, 1.0), (report.RequestsPerSecond, report.ImagesPerSecond));
        Assert.Null(report.Goodput);
    }

    [Fact]
    public void Report_WithoutAnAnswer_SaysSo()
    {
        var report = LoadReport.Of(Plan, [Sample(12, 13, failure: "UNAVAILABLE")], null);
        Assert.Equal(
            ["requests    1, of which 0 answered: 0/s", "failed      1 UNAVAILABLE", "throughput  0 images/s"],
            report.ToString().Split(Environment.NewLine));
    }

    [Fact]
    public void Report_OfAMix_HasEachShape()
    {
        var report = LoadReport.Of(
            Plan, [Sample(11, 12), Sample(11, 14, images: 8), Sample(11, 13, images: 8)], null);
        Assert.Equal(
            [new LoadShape(8, 1, 1, 1000), new LoadShape(8, 8, 2, 2000)], report.Shapes);
        Assert.Contains("  N = 8, images 8: 2 requests, p50 2000 ms", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Histogram_OfAnyLatencies_HasEachOnceInFewRows()
    {
        var random = new Random(5);
        for (var most = 0.001; most < 1e7; most *= 7)
        {
            double[] latencies = [.. Enumerable.Range(0, 500).Select(_ => random.NextDouble() * most).Order()];
            var rows = LatencyHistogram.Of(latencies);
            Assert.InRange(rows.Count, 1, 20);
            Assert.Equal(500, rows.Sum(row => row.Requests));
            Assert.True(rows[0].FromMilliseconds <= latencies[0] && rows[^1].ToMilliseconds >= latencies[^1]);
            Assert.Equal(50, LatencyHistogram.Draw(rows).Max(line => line.Count(each => each == '#')));
        }
    }

    private static LoadSample Sample(double due, double finish, uint images = 1, string? failure = null) => new(
        TimeSpan.FromSeconds(due), TimeSpan.FromSeconds(due), TimeSpan.FromSeconds(finish), 8, images, failure);
}
