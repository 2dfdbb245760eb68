using System.Text.RegularExpressions;

namespace CoDe.Protocol;

/// <summary>Names of the callers of a gateway that have a key.</summary>
public static partial class CallerName
{
    public const string Allowed =
        $"1 to 64 letters, digits, '-', '_' or '.', the first a letter or a digit, and not {ApiKey.Prefix} first";

    /// <summary>Gets whether it can be a name; a key in its place cannot.</summary>
    public static bool IsValid(string text)
        => NamePattern.IsMatch(text) && !text.StartsWith(ApiKey.Prefix, StringComparison.Ordinal);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\z")]
    private static partial Regex NamePattern { get; }
}
