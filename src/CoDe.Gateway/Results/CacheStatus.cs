namespace CoDe.Gateway.Results;

/// <summary>Says what the cache did for a request, in the form of RFC 9211.</summary>
internal static class CacheStatus
{
    public static string Of(CacheMode mode, IReadOnlyCollection<CacheOutcome> outcomes)
    {
        var hits = Count(CacheOutcome.Hit);
        var collapsed = Count(CacheOutcome.Collapsed);
        var made = outcomes.Count - hits - collapsed;
        return hits == outcomes.Count ? "code; hit" : string.Concat(
            $"code; fwd={ForwardReason(mode, hits)}",
            made > 0 && Count(CacheOutcome.Stored) == made ? "; stored" : "",
            collapsed > 0 && made == 0 ? "; collapsed" : "",
            hits > 0 || (collapsed > 0 && made > 0) ? Detail(hits, collapsed, outcomes.Count) : "");

        int Count(CacheOutcome outcome) => outcomes.Count(each => each == outcome);
    }

    private static string ForwardReason(CacheMode mode, int hits) => mode switch
    {
        CacheMode.Off or CacheMode.Renew => "request",
        CacheMode.Bypass => "bypass",
        _ => hits > 0 ? "partial" : "miss",
    };

    private static string Detail(int hits, int collapsed, int all)
    {
        (int Count, string Name)[] counts = [(hits, "hit"), (collapsed, "collapsed")];
        var told = counts.Where(each => each.Count > 0).Select(each => $"{each.Count} of {all} {each.Name}");
        return $"; detail=\"{string.Join(", ", told)}\"";
    }
}
