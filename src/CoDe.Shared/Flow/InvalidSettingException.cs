namespace CoDe.Flow;

/// <summary>A setting is out of its range: which, what it was and what is allowed.</summary>
public sealed class InvalidSettingException : InputException
{
    public InvalidSettingException(string field, string value, string allowed)
        : base($"{field} is {Printable.Of(value)}; allowed: {allowed}.")
        => (Field, Value, Allowed) = (field, value, allowed);

    /// <param name="message">Message of another process about a setting.</param>
    public InvalidSettingException(string message)
        : base(message) => (Field, Value, Allowed) = ("", "", "");

    public string Field { get; }

    public string Value { get; }

    public string Allowed { get; }
}
