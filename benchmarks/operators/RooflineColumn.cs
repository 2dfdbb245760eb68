using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace CoDe.Benchmarks.Operators;

/// <summary>A number of a case beside its mean time.</summary>
/// <param name="value">Of the case and its seconds.</param>
internal sealed class RooflineColumn(string name, string legend, Func<OperatorCase, double, string> value) : IColumn
{
    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    /// <summary>Operations, bytes, and the share of the time that the roof allows.</summary>
    public static IColumn[] All(Machine machine) =>
    [
        new RooflineColumn("GFLOP/s", "Multiplications and additions that the case is made of", (work, seconds) =>
            work.Operations == 0 ? "" : FormattableString.Invariant($"{work.Operations / seconds / 1e9:0}")),
        new RooflineColumn("GB/s", "Bytes that it must move", (work, seconds) =>
            FormattableString.Invariant($"{work.Bytes / seconds / 1e9:0.0}")),
        new RooflineColumn("Of roof", "Time at the machine's best over time taken", (work, seconds) =>
            FormattableString.Invariant($"{Least(machine, work) / seconds:P0}")),
    ];

    /// <summary>Seconds at the machine's best.</summary>
    private static double Least(Machine machine, OperatorCase work) => Math.Max(
        work.Operations / (work.IsProduct ? machine.Products : machine.Operations), work.Bytes / machine.Bytes);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
        => summary[benchmarkCase]?.ResultStatistics is { } statistics
            && benchmarkCase.Parameters.Items.Select(item => item.Value).OfType<OperatorCase>()
            .SingleOrDefault() is { } work
            ? value(work, statistics.Median / 1e9)
            : "";
}
