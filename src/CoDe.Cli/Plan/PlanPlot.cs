using CoDe.Planning;
using ScottPlot;

namespace CoDe.Cli.Plan;

/// <summary>Draws the latency of each service over the images that come in a second.</summary>
internal static class PlanPlot
{
    public static IReadOnlyList<Plot> Of(Planning.Plan plan, PlanGoal goal)
    {
        var plot = new Plot();
        foreach (var (index, service) in plan.Services.Index())
        {
            var color = Colors.Category10[index];
            var line = plot.Add.ScatterLine(
                service.Curve.Select(point => point.Rate).ToArray(),
                service.Curve.Select(point => point.P95).ToArray(), color);
            line.LegendText = FormattableString.Invariant(
                $"{service.Topology}, N = {service.Steps}, batch {service.LargestBatch}");
            plot.Add.Marker(service.Predicted.Rate, service.Predicted.P95, color: color);
        }

        if (goal.Rate is { } rate)
        {
            plot.Add.VerticalLine(rate, 1, Colors.Gray).LegendText = "images/s to reach";
        }

        if (goal.Latency is { } latency)
        {
            plot.Add.HorizontalLine(latency, 1, Colors.Gray, LinePattern.Dashed).LegendText = "latency to reach";
        }

        plot.XLabel("images/s");
        plot.YLabel("p95 of the latency, s");
        plot.Axes.SetLimitsY(0, 1.1 * plan.Services.Max(service => service.Curve.Max(point => point.P95)));
        plot.ShowLegend(Edge.Right);
        return [plot];
    }
}
