using CoDe.Resilience.Load;

namespace CoDe.Resilience.Overload;

/// <summary>Outcomes of the requests of one overload.</summary>
/// <param name="deadline">Seconds; null for none.</param>
/// <param name="capacity">Requests a second.</param>
internal sealed class OverloadReport(double? deadline, double capacity, double seconds, IReadOnlyList<Outcome> outcomes)
{
    public const string Header =
        "| deadline s | offered/s | times capacity | goodput/s | share of capacity "
        + "| answered | p50 ms | p99 ms | refused | p50 ms | p99 ms | anything else |\n"
        + "|---|---|---|---|---|---|---|---|---|---|---|---|";

    private const double LeastShare = 0.9;

    public bool IsGood => Share >= LeastShare && !Others().Any();

    /// <summary>Requests a second answered while the overload lasted.</summary>
    private double Goodput => outcomes.Count(each => each.IsAnswered && each.Done <= seconds) / seconds;

    private double Share => Goodput / capacity;

    public string Row()
    {
        Outcome[] answered = [.. outcomes.Where(each => each.IsAnswered)];
        Outcome[] refused = [.. outcomes.Where(each => each.IsRefused)];
        var (limit, offered) = (deadline is null ? "none" : $"{deadline:N0}", outcomes.Count / seconds);
        var others = outcomes.Count - answered.Length - refused.Length;
        return $"| {limit} | {offered:N0} | {offered / capacity:N1} | {Goodput:N1} | {Share:P1} "
            + $"| {answered.Length:N0} | {Text(answered)} | {refused.Length:N0} | {Text(refused)} | {others:N0} |";
    }

    /// <summary>Counts the requests that ended as neither answered nor refused, by status.</summary>
    public IEnumerable<string> Others() => outcomes
        .Where(each => !each.IsAnswered && !each.IsRefused)
        .GroupBy(each => (each.Status.StatusCode, each.Status.Detail))
        .Select(group => $"{group.Count()} ended as {group.Key.StatusCode}: {group.Key.Detail}");

    private static string Text(Outcome[] group) => group.Select(each => each.Milliseconds).ToArray().Text();
}
