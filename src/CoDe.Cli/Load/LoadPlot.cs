using ScottPlot;

namespace CoDe.Cli.Load;

/// <summary>Draws latencies over the time of a run, and how many requests had which.</summary>
internal static class LoadPlot
{
    private const string Milliseconds = "latency, ms";

    public static IReadOnlyList<Plot> Of(LoadPlan plan, IReadOnlyList<LoadSample> samples, LoadReport report)
        => [OverTime(plan, samples, report), ByLatency(report)];

    private static Plot OverTime(LoadPlan plan, IReadOnlyList<LoadSample> samples, LoadReport report)
    {
        var plot = new Plot();
        Add(plot, [.. samples.Where(sample => sample.Failure is null)], "answered", Colors.C0);
        Add(plot, [.. samples.Where(sample => sample.Failure is not null)], "failed", Colors.C3);
        plot.Add.VerticalLine(plan.WarmUp.TotalSeconds, 1, Colors.Gray).LegendText = "end of the warm-up";
        if (report.TargetMilliseconds is { } target)
        {
            plot.Add.HorizontalLine(target, 1, Colors.C2).LegendText = "target";
        }

        plot.XLabel("time at which the request was due, s");
        plot.YLabel(Milliseconds);
        plot.Axes.SetLimitsY(0, 1.05 * samples.Max(sample => sample.Latency.TotalMilliseconds));
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static void Add(Plot plot, LoadSample[] samples, string name, Color color)
    {
        if (samples.Length > 0)
        {
            var points = plot.Add.ScatterPoints(
                samples.Select(sample => sample.Due.TotalSeconds).ToArray(),
                samples.Select(sample => sample.Latency.TotalMilliseconds).ToArray(), color);
            points.LegendText = name;
        }
    }

    private static Plot ByLatency(LoadReport report)
    {
        var plot = new Plot();
        Bar[] bars =
        [
            .. report.Histogram.Select(row => new Bar
            {
                Position = (row.FromMilliseconds + row.ToMilliseconds) / 2,
                Size = row.ToMilliseconds - row.FromMilliseconds,
                Value = row.Requests,
                FillColor = Colors.C0,
            }),
        ];
        plot.Add.Bars(bars);
        foreach (var (index, (name, value)) in report.Latency.Index())
        {
            var line = plot.Add.VerticalLine(value, 2, Colors.Category10[index + 1], LinePattern.Dashed);
            line.LegendText = FormattableString.Invariant($"{name} {value:0.#} ms");
        }

        plot.ShowLegend(Edge.Right);
        plot.Axes.Margins(bottom: 0);
        plot.XLabel(Milliseconds);
        plot.YLabel("requests");
        return plot;
    }
}
