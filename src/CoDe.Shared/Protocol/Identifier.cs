using System.Text.RegularExpressions;

namespace CoDe.Protocol;

/// <summary>Names that clients choose and that become parts of paths, such as ids of jobs.</summary>
public static partial class Identifier
{
    /// <summary>Regular expression of one.</summary>
    public const string Pattern = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}";

    /// <summary>Description for messages.</summary>
    public const string Allowed = "1 to 64 letters, digits, '-', '_' or '.', the first a letter or a digit";

    public static bool IsValid(string text) => Whole.IsMatch(text);

    [GeneratedRegex($@"^{Pattern}\z")]
    private static partial Regex Whole { get; }
}
