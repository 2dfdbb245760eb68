namespace CoDe.Hosting.Options;

/// <summary>Finds unknown settings on a command line, which the configuration would silently ignore.</summary>
internal static class CommandLine
{
    /// <summary>Sections that .NET's host reads besides the settings.</summary>
    private static readonly string[] Host = ["Logging", "environment", "contentRoot", "applicationName"];

    /// <param name="settings">Those of the program.</param>
    public static IEnumerable<string> Problems(string[] args, IEnumerable<OptionRow> settings)
    {
        var sections = settings.Select(row => SectionOf(row.Key)).Concat(Host).ToHashSet(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Length; i++)
        {
            var (key, hasValue) = Split(args[i]);
            if (key is null || !sections.Contains(SectionOf(key)))
            {
                yield return $"{args[i]} is no setting; --help lists them";
            }
            else if (!hasValue && (++i == args.Length || Split(args[i]).Key is not null))
            {
                yield return $"--{key} has no value";
            }
        }
    }

    private static string SectionOf(string key) => key.Split(':')[0];

    /// <summary>As <c>--key=value</c>, <c>key=value</c>, or <c>--key</c> with the value in the next argument; null where it is none of these.</summary>
    private static (string? Key, bool HasValue) Split(string arg)
    {
        var (isNamed, end) = (arg.StartsWith("--", StringComparison.Ordinal), arg.IndexOf('=', StringComparison.Ordinal));
        var key = (end < 0 ? arg : arg[..end])[(isNamed ? 2 : 0)..];
        return ((isNamed || end > 0) && !key.StartsWith('-') ? key : null, end >= 0);
    }
}
