namespace CoDe.Protocol;

/// <summary>Names of the callers of a gateway that have a key.</summary>
public static class CallerName
{
    public const string Allowed = $"{Identifier.Allowed}, and not {ApiKey.Prefix} first";

    /// <summary>Gets whether it can be a name; a key in its place cannot.</summary>
    public static bool IsValid(string text)
        => Identifier.IsValid(text) && !text.StartsWith(ApiKey.Prefix, StringComparison.Ordinal);
}
