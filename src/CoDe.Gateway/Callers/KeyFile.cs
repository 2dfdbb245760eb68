using System.Text.RegularExpressions;
using CoDe.Flow;
using CoDe.Protocol;

namespace CoDe.Gateway.Callers;

/// <summary>
/// Reads a file of keys: a key a line, with the name of the caller, the SHA-256 of the key, and after these what is
/// not as by default, such as <c>roles=generate,jobs images-per-minute=600</c>. A caller may have several keys.
/// </summary>
internal static partial class KeyFile
{
    private const string Roles = "roles";
    private const string ImagesPerMinute = "images-per-minute";
    private const string ImagesQueued = "images-queued";
    private const string JobsRunning = "jobs-running";

    private static readonly char[] Blanks = [' ', '\t'];
    private static readonly string[] Fields = [Roles, ImagesPerMinute, ImagesQueued, JobsRunning];

    /// <exception cref="KeyFileException">A line is wrong, or there is no caller.</exception>
    public static CallerKeys Parse(string text, CallerLimits defaults)
    {
        var keys = new Dictionary<string, KnownKey>(StringComparer.OrdinalIgnoreCase);
        var limits = new Dictionary<string, CallerLimits>(StringComparer.Ordinal);
        foreach (var (index, line) in text.ReplaceLineEndings("\n").Split('\n').Index())
        {
            var fields = line.Split('#')[0].Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0)
            {
                continue;
            }

            var key = KeyOf(fields, defaults, index + 1);
            if (!keys.TryAdd(fields[1], key))
            {
                throw new KeyFileException(index + 1, "has a key that is there already");
            }

            if (!limits.TryAdd(fields[0], key.Caller.Limits) && limits[fields[0]] != key.Caller.Limits)
            {
                throw new KeyFileException(
                    index + 1,
                    $"has other limits than {fields[0]} has above; they are those of a caller, not of a key");
            }
        }

        return keys.Count > 0
            ? new CallerKeys(keys.Values)
            : throw new KeyFileException("has no caller; allowed: a caller a line, as `code keys new` prints it");
    }

    /// <summary>Reads a line. What may be a key in the wrong place is not told.</summary>
    private static KnownKey KeyOf(string[] fields, CallerLimits defaults, int line)
    {
        if (!CallerName.IsValid(fields[0]))
        {
            throw new KeyFileException(line, $"begins with no name; allowed: {CallerName.Allowed}");
        }

        if (fields.Length < 2 || !DigestPattern.IsMatch(fields[1]))
        {
            throw new KeyFileException(line, "has no SHA-256 of a key after the name; allowed: 64 hexadecimal digits");
        }

        string[] roles = [CallerRoles.Generate];
        var limits = defaults;
        foreach (var field in fields[2..])
        {
            var (name, value) = Split(field, line);
            switch (name)
            {
                case Roles:
                    roles = RolesOf(value, line);
                    break;
                case ImagesPerMinute:
                    limits = limits with { ImagesPerMinute = Number(name, value, line) };
                    break;
                case ImagesQueued:
                    limits = limits with { ImagesQueued = Number(name, value, line) };
                    break;
                case JobsRunning:
                    limits = limits with { JobsRunning = Number(name, value, line) };
                    break;
            }
        }

        var caller = new CallerIdentity(KeyAuthentication.Name, fields[0], roles, limits);
        return new KnownKey(Convert.FromHexString(fields[1]), caller);
    }

    private static (string Name, string Value) Split(string field, int line)
    {
        var parts = field.Split('=', 2);
        return parts.Length == 2 && Fields.Contains(parts[0])
            ? (parts[0], parts[1])
            : throw new KeyFileException(
                line, $"has an unknown field; allowed: {string.Join(", ", Fields.Select(each => $"{each}=..."))}");
    }

    private static string[] RolesOf(string text, int line)
    {
        var roles = text.Split(',', StringSplitOptions.RemoveEmptyEntries);
        return roles.FirstOrDefault(role => !CallerRoles.All.Contains(role)) is not { } unknown
            ? roles
            : throw new KeyFileException(
                line, $"has the role {Printable.Of(unknown)}; allowed: {string.Join(", ", CallerRoles.All)}");
    }

    private static int Number(string name, string text, int line)
        => NumberText.TryInteger<int>(text, out var number) && number >= 0
            ? number
            : throw new KeyFileException(
                line, $"has {name}={Printable.Of(text)}; allowed: a whole number, 0 for no limit");

    [GeneratedRegex("^[0-9A-Fa-f]{64}$")]
    private static partial Regex DigestPattern { get; }
}

/// <summary>A file of keys is wrong: in which line, why and what is allowed.</summary>
internal sealed class KeyFileException : InputException
{
    public KeyFileException(int line, string problem)
        : base(FormattableString.Invariant($"whose line {line} {problem}"))
    {
    }

    public KeyFileException(string problem)
        : base($"which {problem}")
    {
    }
}
