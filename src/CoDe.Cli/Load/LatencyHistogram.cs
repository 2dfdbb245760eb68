using System.Globalization;

namespace CoDe.Cli.Load;

/// <summary>Number of requests whose latency is from a number of milliseconds to below another.</summary>
internal sealed record LatencyRow(double FromMilliseconds, double ToMilliseconds, int Requests);

/// <summary>Counts latencies in rows of equal width.</summary>
internal static class LatencyHistogram
{
    private const int MostRows = 20;
    private const int WidestBar = 50;

    /// <summary>Counts them, from the first row that has any to the last.</summary>
    /// <param name="ascending">Milliseconds.</param>
    public static IReadOnlyList<LatencyRow> Of(IReadOnlyList<double> ascending)
    {
        if (ascending.Count == 0)
        {
            return [];
        }

        var width = WidthFor(ascending[^1] - ascending[0]);
        var rows = ascending.CountBy(latency => (long)(latency / width)).ToDictionary();
        var first = (long)(ascending[0] / width);
        var last = (long)(ascending[^1] / width);
        return
        [
            .. Enumerable.Range(0, (int)(last - first) + 1).Select(index => new LatencyRow(
                (first + index) * width, (first + index + 1) * width, rows.GetValueOrDefault(first + index))),
        ];
    }

    /// <summary>Draws the rows as text.</summary>
    public static IEnumerable<string> Draw(IReadOnlyList<LatencyRow> rows)
    {
        var most = rows.Select(row => row.Requests).DefaultIfEmpty().Max();
        return rows.Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"{row.FromMilliseconds,10:0.##} ms {row.Requests,7} {Bar(row.Requests, most)}").TrimEnd());
    }

    private static string Bar(int requests, int most)
        => new('#', (int)Math.Ceiling((double)requests * WidestBar / most));

    /// <summary>Gets the least width, 1, 2 or 5 times a power of ten, with which few enough rows do.</summary>
    private static double WidthFor(double span)
    {
        const double Narrowest = 0.01;
        var width = Narrowest;
        double[] factors = [2, 2.5, 2];
        for (var step = 0; span / width > MostRows - 1; step++)
        {
            width *= factors[step % factors.Length];
        }

        return width;
    }
}
