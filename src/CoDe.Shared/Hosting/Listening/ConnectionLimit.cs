using System.Globalization;

namespace CoDe.Hosting.Listening;

/// <summary>
/// The most connections of a port. Where the process has no file descriptor left, it can neither answer nor end well.
/// </summary>
internal static class ConnectionLimit
{
    /// <summary>Descriptors for files, for calls to other services and for what the runtime opens.</summary>
    private const int Reserved = 256;

    private const int Ports = 2;
    private const int Least = 16;
    private const string LimitsFile = "/proc/self/limits";
    private const string Line = "Max open files";

    /// <summary>Half of the descriptors that are not reserved, for either port; null without a limit.</summary>
    public static long? OfPort() => File.Exists(LimitsFile) ? OfPort(File.ReadLines(LimitsFile)) : null;

    /// <param name="lines">Limits as Linux shows them: name, soft limit, hard limit, unit.</param>
    internal static long? OfPort(IEnumerable<string> lines)
    {
        var fields = lines.FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal))?[Line.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is [var soft, ..]
            && long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var files)
            ? Math.Max(Least, (files - Reserved) / Ports)
            : null;
    }
}
