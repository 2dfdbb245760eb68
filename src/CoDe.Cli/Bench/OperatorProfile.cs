using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CoDe.Cli.Bench;

/// <summary>Time by operator and shape.</summary>
/// <param name="settle">Waits until an operator that was asked for is done.</param>
internal sealed class OperatorProfile(Action settle)
{
    /// <summary>Rows of the table; the rest is one more.</summary>
    private const int Shown = 40;

    private readonly Dictionary<(string Operator, string Shape), Totals> _totals = [];

    public void Clear() => _totals.Clear();

    /// <summary>Counts until it is disposed.</summary>
    public Timing Time(string name, string shape, double operations, double bytes)
    {
        if (!_totals.TryGetValue((name, shape), out var totals))
        {
            _totals[(name, shape)] = totals = new Totals();
        }

        totals.Calls++;
        totals.Operations += operations;
        totals.Bytes += bytes;
        return new Timing(totals, settle, Stopwatch.GetTimestamp());
    }

    /// <summary>The slowest first.</summary>
    public string Table(int runs)
    {
        var all = _totals.Values.Sum(totals => totals.Seconds);
        var text = new StringBuilder(
            "| operator | shape | calls | ms | share | GFLOP/s | GB/s |\n|---|---|---|---|---|---|---|\n");
        foreach (var ((name, shape), totals) in _totals.OrderByDescending(entry => entry.Value.Seconds).Take(Shown))
        {
            Append(name, shape, totals);
        }

        var rest = new Totals();
        foreach (var totals in _totals.Values.OrderByDescending(totals => totals.Seconds).Skip(Shown))
        {
            rest.Calls += totals.Calls;
            rest.Seconds += totals.Seconds;
            rest.Operations += totals.Operations;
            rest.Bytes += totals.Bytes;
        }

        Append("all others", "", rest);
        return text.ToString();

        void Append(string name, string shape, Totals totals)
        {
            var invariant = CultureInfo.InvariantCulture;
            text.Append(invariant, $"| {name} | {shape} | {totals.Calls / runs} ");
            text.Append(invariant, $"| {totals.Seconds * 1000 / runs:0.00} | {totals.Seconds / all:P1} | ");
            if (totals.Operations > 0)
            {
                text.Append(invariant, $"{totals.Operations / totals.Seconds / 1e9:0}");
            }

            text.AppendLine(invariant, $" | {totals.Bytes / totals.Seconds / 1e9:0.0} |");
        }
    }

    /// <summary>Ends with its disposal.</summary>
    internal readonly struct Timing(Totals totals, Action settle, long start) : IDisposable
    {
        public void Dispose()
        {
            settle();
            totals.Seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    internal sealed class Totals
    {
        public int Calls { get; set; }

        public double Seconds { get; set; }

        public double Operations { get; set; }

        public double Bytes { get; set; }
    }
}
