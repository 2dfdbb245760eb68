using Xunit;

namespace CoDe.EndToEnd.Monitoring;

/// <summary>Reading of queries.</summary>
public sealed class SelectorTests
{
    [Theory]
    [InlineData("sum(a_total)", "a_total")]
    [InlineData("a{x=\"1\", y=~\"2|{}\"}[5m:1m]", "a{x=\"1\",y=~\"2|{}\"}")]
    [InlineData("max by (x, y) (a{}) > bool 2 and on (x) b", "a", "b")]
    [InlineData("histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m]))) or vector(0)", "a_bucket")]
    public void Selectors_OfAQuery_AreItsMetricsWithConditions(string query, params string[] expected)
        => Assert.Equal(expected, Selector.In(query).Select(each => each.Matchers.Count == 0
            ? each.Metric : $"{each.Metric}{{{string.Join(',', each.Matchers)}}}"));
}
