using System.Globalization;

namespace CoDe.Benchmarks.SideBySide;

/// <summary>A table whose last columns compare each program with every published one, in the order of rows.</summary>
internal static class Table
{
    /// <param name="published">Names of the published programs.</param>
    public static string Head(IEnumerable<string> published)
    {
        var names = string.Join(" / ", published);
        string[] columns =
        [
            "models", "program", "load s", "peak then, GiB", "draft s", "refine s", "VQVAE decode s", "peak GiB",
            $"draft + refine, times as fast as {names}", $"decode, times as fast as {names}",
            $"memory, share of {names}",
        ];
        return $"| {string.Join(" | ", columns)} |\n|{string.Concat(Enumerable.Repeat("---|", columns.Length))}";
    }

    /// <param name="published">Timings of the published programs.</param>
    public static string Row(Settings settings, Contestant program, Timing timing, IReadOnlyList<Timing> published)
    {
        var faster = Each(published, anchor => (anchor.Draft + anchor.Refine) / (timing.Draft + timing.Refine));
        var decode = Each(published, anchor => anchor.Decode / timing.Decode);
        var memory = Each(published, anchor => timing.PeakGib / anchor.PeakGib);
        return $"{Measured(settings, program, timing)} {faster} | {decode} | {memory} |";
    }

    /// <summary>One stage in a process of its own, as a service has it: nothing published is like it.</summary>
    public static string Row(Settings settings, Contestant program, Timing timing)
        => Measured(settings, program, timing) + " | | |";

    private static string Each(IReadOnlyList<Timing> published, Func<Timing, double> ratio)
        => string.Join(" / ", published.Select(anchor => ratio(anchor).ToString("0.00", CultureInfo.InvariantCulture)));

    private static string Measured(Settings settings, Contestant program, Timing timing)
    {
        var name = timing.Blas is null ? program.Name : $"{program.Name} ({timing.Torch}, {timing.Blas})";
        var load = FormattableString.Invariant($"{timing.Load:0.0} | {timing.LoadPeakGib:0.00}");
        var stages = FormattableString.Invariant($"{timing.Draft:0.00} | {timing.Refine:0.00} | {timing.Decode:0.00}");
        var peak = FormattableString.Invariant($"{timing.PeakGib:0.00}");
        return $"| {settings} | {name} | {load} | {stages} | {peak} |";
    }
}
