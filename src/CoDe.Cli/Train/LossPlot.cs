using ScottPlot;

namespace CoDe.Cli.Train;

/// <summary>Draws the loss of every step, and its mean over some.</summary>
internal static class LossPlot
{
    /// <summary>Share of the steps that a point of the smooth line is the mean of.</summary>
    private const int Windows = 100;

    public static Plot Of(IReadOnlyList<float> losses)
    {
        var plot = new Plot();
        var steps = plot.Add.ScatterLine(
            Enumerable.Range(1, losses.Count).Select(step => (double)step).ToArray(),
            losses.Select(loss => (double)loss).ToArray());
        (steps.Color, steps.LegendText) = (Colors.LightGray, "step");
        var window = Math.Max(1, losses.Count / Windows);
        double[][] means =
        [
            .. Enumerable.Range(0, (losses.Count + window - 1) / window)
                .Select(i => losses.Skip(i * window).Take(window).ToArray())
                .Select((part, i) => new[] { (i * window) + ((part.Length + 1) / 2.0), part.Average() }),
        ];
        var line = plot.Add.ScatterLine(
            means.Select(mean => mean[0]).ToArray(), means.Select(mean => mean[1]).ToArray());
        (line.Color, line.LineWidth, line.LegendText) = (Colors.C1, 2, $"mean of {window}");
        plot.XLabel("step");
        plot.YLabel("loss");
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }
}
