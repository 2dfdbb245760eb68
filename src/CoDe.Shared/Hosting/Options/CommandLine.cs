namespace CoDe.Hosting.Options;

/// <summary>Finds unknown settings on a command line, which the configuration would silently ignore.</summary>
internal static class CommandLine
{
    /// <summary>Sections that .NET's host reads besides the settings.</summary>
    private static readonly string[] Host = ["Logging", "Kestrel", "environment", "contentRoot", "applicationName"];

    /// <param name="settings">Settings of the program.</param>
    public static IEnumerable<string> Problems(string[] args, IEnumerable<OptionRow> settings)
    {
        var known = settings.Select(row => SectionOf(row.Key)).Concat(Host);
        var sections = known.ToHashSet(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Length; i++)
        {
            var (key, hasValue) = Split(args[i]);
            if (key is null || !sections.Contains(SectionOf(key)))
            {
                yield return OptionsReading.Unknown(args[i]);
            }
            else if (!hasValue && (++i == args.Length || Split(args[i]).Key is not null))
            {
                yield return $"--{key} has no value";
            }
        }
    }

    private static string SectionOf(string key) => key.Split(':')[0];

    /// <summary>
    /// Splits <c>--key=value</c>, <c>key=value</c>, or <c>--key</c> with the value in the next argument. The key is
    /// null for anything else.
    /// </summary>
    private static (string? Key, bool HasValue) Split(string arg)
    {
        var isNamed = arg.StartsWith("--", StringComparison.Ordinal);
        var end = arg.IndexOf('=', StringComparison.Ordinal);
        var key = (end < 0 ? arg : arg[..end])[(isNamed ? 2 : 0)..];
        return ((isNamed || end > 0) && !key.StartsWith('-') ? key : null, end >= 0);
    }
}
