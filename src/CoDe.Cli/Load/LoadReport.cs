using System.Globalization;
using System.Text.Json.Serialization;
using CoDe.Planning;

namespace CoDe.Cli.Load;

/// <summary>Result of a run: rates in a second, latencies in milliseconds.</summary>
/// <param name="Requests">Requests that were due after the warm-up.</param>
/// <param name="Failures">How many of them failed, by status.</param>
/// <param name="RequestsPerSecond">Requests that were answered after the warm-up and before the end.</param>
/// <param name="ImagesPerSecond">Their images.</param>
/// <param name="Goodput">Of these, images of requests that were answered within the target.</param>
/// <param name="Latency">Latency of answered requests by percentile.</param>
/// <param name="LatestSend">The most milliseconds after it was due that a request was sent.</param>
/// <param name="Shapes">Answered requests of each N and count.</param>
internal sealed record LoadReport(
    int Requests, IReadOnlyDictionary<string, int> Failures, double RequestsPerSecond, double ImagesPerSecond,
    double? TargetMilliseconds, double? Goodput, IReadOnlyDictionary<string, double> Latency, double LatestSend,
    IReadOnlyList<LoadShape> Shapes, IReadOnlyList<LatencyRow> Histogram)
{
    /// <summary>Milliseconds after which late requests are told: the machine that sends them is too slow.</summary>
    private const double Late = 100;

    private static readonly (string Name, double Share)[] Ranks =
        [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("max", 1)];

    [JsonIgnore]
    public int Answered => Requests - Failures.Values.Sum();

    /// <param name="samples">Requests of the warm-up too.</param>
    /// <param name="target">Time within which an answer counts for the goodput; null for no goodput.</param>
    public static LoadReport Of(LoadPlan plan, IReadOnlyList<LoadSample> samples, TimeSpan? target)
    {
        LoadSample[] measured = [.. samples.Where(sample => sample.Due >= plan.WarmUp)];
        LoadSample[] answered = [.. measured.Where(sample => sample.Failure is null)];
        double[] latencies = Latencies(answered);
        var end = plan.Duration is { } duration
            ? plan.WarmUp + duration
            : measured.Select(sample => sample.Finish).DefaultIfEmpty(plan.WarmUp).Max();
        LoadSample[] inTime =
            [.. samples.Where(each => each.Failure is null && each.Finish >= plan.WarmUp && each.Finish <= end)];
        var seconds = Math.Max((end - plan.WarmUp).TotalSeconds, double.Epsilon);
        return new LoadReport(
            measured.Length,
            measured.Where(sample => sample.Failure is not null).CountBy(sample => sample.Failure!)
                .OrderBy(each => each.Key, StringComparer.Ordinal).ToDictionary(),
            inTime.Length / seconds,
            inTime.Sum(sample => sample.Images) / seconds,
            target?.TotalMilliseconds,
            target is null ? null : inTime.Where(each => each.Latency <= target).Sum(each => each.Images) / seconds,
            Ranks.Where(_ => latencies.Length > 0)
                .ToDictionary(rank => rank.Name, rank => Percentile.Of(latencies, rank.Share)),
            measured.Select(sample => (sample.Sent - sample.Due).TotalMilliseconds).DefaultIfEmpty().Max(),
            [
                .. answered.GroupBy(sample => (sample.Steps, sample.Images)).OrderBy(group => group.Key)
                    .Select(group => new LoadShape(
                        group.Key.Steps, group.Key.Images, group.Count(), Percentile.Of(Latencies(group), 0.5))),
            ],
            LatencyHistogram.Of(latencies));
    }

    /// <summary>Formats the report for people.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Lines());

    private static double[] Latencies(IEnumerable<LoadSample> samples)
        => [.. samples.Select(sample => sample.Latency.TotalMilliseconds).Order()];

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private IEnumerable<string> Lines()
    {
        yield return Text($"requests    {Requests}, of which {Answered} answered: {RequestsPerSecond:0.##}/s");
        foreach (var (status, count) in Failures)
        {
            yield return Text($"failed      {count} {status}");
        }

        yield return Text($"throughput  {ImagesPerSecond:0.##} images/s");
        if (Goodput is { } goodput)
        {
            yield return Text($"goodput     {goodput:0.##} images/s within {TargetMilliseconds:0.##} ms");
        }

        if (Latency.Count > 0)
        {
            var percentiles = Latency.Select(each => Text($"{each.Key} {each.Value:0.#} ms"));
            yield return $"latency     {string.Join(", ", percentiles)}";
        }

        if (LatestSend > Late)
        {
            yield return Text($"sent late   by up to {LatestSend:0} ms, which counts as latency");
        }

        foreach (var line in Shapes.Where(_ => Shapes.Count > 1).Select(shape => $"  {shape}")
            .Concat(LatencyHistogram.Draw(Histogram)))
        {
            yield return line;
        }
    }
}

/// <summary>Answered requests of one N and count.</summary>
/// <param name="Steps">N; null for the model's own.</param>
internal sealed record LoadShape(uint? Steps, uint Images, int Requests, double MedianMilliseconds)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"N = {(Steps is { } steps ? steps.ToString(CultureInfo.InvariantCulture) : "default")}, images {Images}: "
        + $"{Requests} requests, p50 {MedianMilliseconds:0.#} ms");
}
