namespace CoDe.Resilience.Memory;

/// <summary>The straight line that fits values best, over the time that they span.</summary>
/// <param name="PerMinute">Rise in a minute.</param>
/// <param name="Share">Rise from the first value to the last, as a share of the values' mean.</param>
internal readonly record struct Trend(double Mean, double PerMinute, double Share)
{
    private const double SecondsOfMinute = 60;

    public static Trend Of(IReadOnlyList<(double Seconds, double Value)> points)
    {
        var (time, mean) = (points.Average(point => point.Seconds), points.Average(point => point.Value));
        var slope = points.Sum(point => (point.Seconds - time) * (point.Value - mean)) / points.Sum(
            point => (point.Seconds - time) * (point.Seconds - time));
        return new Trend(mean, slope * SecondsOfMinute, slope * (points[^1].Seconds - points[0].Seconds) / mean);
    }
}
