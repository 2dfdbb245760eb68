using System.Text.RegularExpressions;

namespace CoDe.EndToEnd.Monitoring;

/// <summary>Selector in a query of Prometheus: a metric and conditions on its labels.</summary>
/// <param name="Matchers">Such as <c>outcome="done"</c>.</param>
internal sealed partial record Selector(string Metric, IReadOnlyList<string> Matchers)
{
    /// <summary>Reads the selectors of a query, without grouping labels, functions and ranges.</summary>
    public static IEnumerable<Selector> In(string query)
    {
        foreach (Match match in WithMatchers().Matches(query))
        {
            var matchers = Matcher().Matches(match.Groups["labels"].Value).Select(each => each.Value);
            yield return new Selector(match.Groups["metric"].Value, [.. matchers]);
        }

        var rest = Grouping().Replace(Range().Replace(WithMatchers().Replace(query, "0"), ""), "");
        foreach (Match match in Name().Matches(rest))
        {
            if (match.Value is not ("and" or "or" or "unless" or "bool"))
            {
                yield return new Selector(match.Value, []);
            }
        }
    }

    [GeneratedRegex("""\b(?<metric>[a-zA-Z_]\w*)\s*\{(?<labels>("[^"]*"|[^}"])*)\}""", RegexOptions.ExplicitCapture)]
    private static partial Regex WithMatchers();

    [GeneratedRegex(@"\w+\s*(=~|!~|!=|=)\s*""[^""]*""", RegexOptions.ExplicitCapture)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Grouping();

    /// <summary>A name that is no function.</summary>
    [GeneratedRegex(@"\b[a-zA-Z_]\w*\b(?!\s*\()")]
    private static partial Regex Name();
}
