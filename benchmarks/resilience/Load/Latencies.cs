namespace CoDe.Resilience.Load;

internal static class Latencies
{
    /// <returns>The value below which a share of all lies; NaN of none.</returns>
    public static double Quantile(this IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[(int)(share * (sorted.Length - 1))];
    }

    /// <summary>Median and 99th percentile, as a table has them.</summary>
    public static string Text(this IReadOnlyCollection<double> milliseconds)
        => milliseconds.Count == 0 ? " | " : $"{milliseconds.Quantile(0.5):N0} | {milliseconds.Quantile(0.99):N0}";
}
