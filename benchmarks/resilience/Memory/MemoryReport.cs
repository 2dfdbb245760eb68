using System.Text;
using CoDe.Resilience.Load;

namespace CoDe.Resilience.Memory;

/// <summary>Reports whether memory was flat and the load as intended.</summary>
internal sealed class MemoryReport(
    IReadOnlyList<WatchedProcess> processes, IReadOnlyList<Outcome> outcomes, Func<int, string> nameOf)
{
    /// <summary>Share of the samples, from the first, that are left out.</summary>
    private const double WarmUp = 0.2;

    /// <summary>Largest rise after the warm-up, as a share of the mean.</summary>
    private const double MostRise = 0.05;

    private const double Megabyte = 1e6;

    public bool IsGood => processes.All(process => ResidentOf(process).Share < MostRise)
        && outcomes.All(outcome => outcome.IsAnswered);

    public static string Header(IReadOnlyList<WatchedProcess> processes)
        => $"| s |{string.Concat(processes.Select(process => $" {process.Name} MB | its heap MB |"))}\n"
            + $"|---|{string.Concat(processes.Select(_ => "---|---|"))}";

    public static string Row(double seconds, IReadOnlyList<MemorySample> samples)
    {
        var columns = samples.Select(sample => $" {sample.Resident / Megabyte:N1} | {sample.Heap / Megabyte:N1} |");
        return $"| {seconds:N0} |{string.Concat(columns)}";
    }

    public string Text()
    {
        var text = new StringBuilder(
            $"\nFlat: the line through the resident memory after the first {WarmUp:P0} of the time "
            + $"rises by less than {MostRise:P0} of the mean.\n\n");
        text.Append("| service | resident MB | MB/min | rise | flat | managed heap MB | MB/min |\n");
        text.Append("|---|---|---|---|---|---|---|\n");
        foreach (var process in processes)
        {
            var (resident, heap) = (ResidentOf(process), TrendOf(process, sample => sample.Heap / Megabyte));
            var flat = resident.Share < MostRise ? "yes" : "no";
            text.Append($"| {process.Name} | {resident.Mean:N1} | {resident.PerMinute:N2} | {resident.Share:P1} ");
            text.Append($"| {flat} | {heap.Mean:N1} | {heap.PerMinute:N2} |\n");
        }

        text.Append("\n| request | sent | ended as they should |\n|---|---|---|\n");
        foreach (var kind in outcomes.GroupBy(outcome => nameOf(outcome.Number)))
        {
            text.Append($"| {kind.Key} | {kind.Count():N0} | {kind.Count(outcome => outcome.IsAnswered):N0} |\n");
        }

        var others = outcomes.Where(outcome => !outcome.IsAnswered)
            .GroupBy(outcome => (nameOf(outcome.Number), outcome.Status.StatusCode, outcome.Status.Detail));
        foreach (var other in others)
        {
            text.Append($"\n{other.Count()} of {other.Key.Item1} ended as {other.Key.StatusCode}: {other.Key.Detail}");
        }

        return text.ToString();
    }

    private static Trend ResidentOf(WatchedProcess process) => TrendOf(process, sample => sample.Resident / Megabyte);

    private static Trend TrendOf(WatchedProcess process, Func<MemorySample, double> value)
        => Trend.Of([.. process.Samples
            .Skip((int)(process.Samples.Count * WarmUp))
            .Select(sample => (sample.Seconds, value(sample)))]);
}
