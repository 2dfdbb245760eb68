using System.Globalization;
using CoDe.Planning;

namespace CoDe.Cli.Plan;

/// <summary>A plan as a table for people.</summary>
internal static class PlanText
{
    private static readonly string[] Head =
    [
        "devices", "N", "batch", "images/s at most", "at images/s", "p50 s", "p95 s", "p99 s", "images a batch",
        "drafters busy", "refiners busy", "GiB a device",
    ];

    public static string Of(Planning.Plan plan) => string.Join('\n',
    [
        .. plan.Services.Count > 0 ? Table([Head, .. plan.Services.Select(Row)]) : [],
        .. plan.LeftOut.Select(reason => $"left out: {reason}"),
    ]);

    private static string[] Row(PlannedService service)
    {
        var at = service.Predicted;
        return
        [
            $"{service.Topology}", Text($"{service.Steps}"), Text($"{service.LargestBatch}"), Number(service.Capacity),
            Number(at.Rate), Number(at.P50), Number(at.P95), Number(at.P99), Number(at.BatchSize),
            Text($"{at.Drafting:P0}"), Text($"{at.Refining:P0}"), Memory(service),
        ];
    }

    private static string Memory(PlannedService service) => (service.DrafterGibibytes, service.RefinerGibibytes) switch
    {
        ({ } worker, _) when service.Topology.IsShared => Number(worker),
        ({ } drafter, { } refiner) => $"{Number(drafter)}, {Number(refiner)}",
        _ => "-",
    };

    /// <summary>Formats three digits, or all before the point.</summary>
    private static string Number(double value)
        => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static IEnumerable<string> Table(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Head.Select((_, column) => rows.Max(row => row[column].Length))];
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => column == 0
            ? cell.PadRight(widths[column])
            : cell.PadLeft(widths[column]))));
    }
}
