using System.Text;
using CoDe.Resilience.Load;

namespace CoDe.Resilience.Kills;

/// <summary>Outcomes of the requests around each event. A request belongs to the last event before its end.</summary>
/// <param name="retries">Whether the client of a request, by its number, makes calls again.</param>
internal sealed class KillsReport(
    IReadOnlyList<Outcome> outcomes, IReadOnlyList<HappenedEvent> events, Func<int, bool> retries)
{
    private const double Interval = 0.5;

    /// <summary>Neither answered nor refused, by the services' fault.</summary>
    public int Lost => Rows().Where(row => row.IsServices).Sum(row => row.Requests.Count(IsLost));

    /// <summary>A table, and what was lost.</summary>
    public string Text(int different)
    {
        var text = new StringBuilder(
            "| event | requests | answered | refused | lost | p50 ms | p99 ms | longest ms | recovered after s |\n"
            + "|---|---|---|---|---|---|---|---|---|\n");
        foreach (var row in Rows())
        {
            var answered = row.Requests.Count(each => each.IsAnswered);
            var refused = row.Requests.Count(each => each.IsRefused);
            double[] latencies = [.. row.Requests.Where(each => each.IsAnswered).Select(each => each.Milliseconds)];
            text.Append($"| {row.Name} | {row.Requests.Count:N0} | {answered:N0} | {refused:N0} ");
            text.Append($"| {row.Requests.Count(IsLost):N0} | {latencies.Text()} | {latencies.Quantile(1):N0} ");
            text.Append($"| {Recovery(row)} |\n");
        }

        text.Append(
            $"\nImages that differ from those made before: {different}. Requests lost by the services: {Lost}.");
        foreach (var status in outcomes.Where(IsLost).GroupBy(each => (each.Status.StatusCode, each.Status.Detail)))
        {
            text.Append($"\n{status.Count()} ended as {status.Key.StatusCode}: {status.Key.Detail}");
        }

        return text.ToString();
    }

    private static bool IsLost(Outcome outcome) => !outcome.IsAnswered && !outcome.IsRefused;

    private IEnumerable<Row> Rows()
    {
        for (var index = 0; index < events.Count; index++)
        {
            var (failure, from) = events[index];
            var to = index + 1 < events.Count ? events[index + 1].At : double.PositiveInfinity;
            Outcome[] requests = [.. outcomes.Where(each => each.Done >= from && each.Done < to)];
            if (!failure.IsBeforeGateway)
            {
                yield return new Row(failure.Name, from, IsServices: true, requests);
                continue;
            }

            yield return new Row(
                $"{failure.Name}, which retry", from, IsServices: true,
                [.. requests.Where(each => retries(each.Number))]);
            yield return new Row(
                $"{failure.Name}, which do not retry", from, IsServices: false,
                [.. requests.Where(each => !retries(each.Number))]);
        }
    }

    /// <summary>
    /// Computes the time to recovery: until no request of half a second is lost and their median is again below the
    /// 99th percentile of those before the first event.
    /// </summary>
    private string Recovery(Row row)
    {
        if (row.From == events[0].At)
        {
            return "";
        }

        var usual = outcomes.Where(each => each.Done < events[1].At).Select(each => each.Milliseconds).Quantile(0.99);
        var slow = row.Requests.GroupBy(each => Math.Floor((each.Due - row.From) / Interval))
            .Where(interval => interval.Any(IsLost)
                || interval.Select(each => each.Milliseconds).Quantile(0.5) > usual);
        return $"{slow.Select(interval => (interval.Key + 1) * Interval).Append(0).Max():N2}";
    }

    private sealed record Row(string Name, double From, bool IsServices, IReadOnlyList<Outcome> Requests);
}
