using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace CoDe.Flow;

/// <summary>
/// Numbers as text. The command line, queries, JSON and settings read them here, so that all read a text alike.
/// </summary>
public static partial class NumberText
{
    /// <summary>Description, in messages, of a number that may have a fraction.</summary>
    public const string AnyNumber = "a number";

    /// <summary>Digits of a whole number, more than those of any integer type.</summary>
    private const int MostDigits = 40;

    private const char ListSign = ',';

    /// <summary>Reads an integer: digits, with a sign, fraction or power of ten where the value stays whole.</summary>
    /// <exception cref="InvalidSettingException">The text is no whole number, or outside the type's range.</exception>
    public static T Integer<T>(string field, string text)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
        => TryInteger<T>(text, out var value)
            ? value
            : throw Invalid(field, text, FormattableString.Invariant($"0 to {T.MaxValue}"));

    /// <inheritdoc cref="Integer"/>
    public static bool TryInteger<T>(string text, out T value)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var isInRange = TryInteger(text, out BigInteger whole) && whole >= BigInteger.CreateChecked(T.MinValue)
            && whole <= BigInteger.CreateChecked(T.MaxValue);
        value = isInRange ? T.CreateChecked(whole) : default;
        return isInRange;
    }

    /// <summary>Reads a finite number. A comma is a decimal point, unless it could separate thousands.</summary>
    /// <exception cref="InvalidSettingException">The text is no number.</exception>
    public static double Real(string field, string text)
        => TryReal(text, out var value) ? value : throw Invalid(field, text, AnyNumber);

    /// <summary>Reads finite numbers with commas between.</summary>
    /// <exception cref="InvalidSettingException">A part is no number.</exception>
    public static IEnumerable<double> Reals(string field, string text, string allowed)
        => [.. text.Split(ListSign).Select(part =>
            TryReal(part, out var value) ? value : throw Invalid(field, part, allowed))];

    /// <summary>Reads an integer of any size up to forty digits.</summary>
    public static bool TryInteger(string text, out BigInteger value)
    {
        value = default;
        if (Number().Match(text) is not { Success: true } match || match.Groups["comma"].Success)
        {
            return false;
        }

        var fraction = match.Groups["fraction"].Value.TrimEnd('0');
        var digits = (match.Groups["whole"].Value + fraction).TrimStart('0');
        if (digits.Length == 0)
        {
            return true;
        }

        var hasExponent = match.Groups["exponent"].Success;
        if (!int.TryParse(match.Groups["exponent"].Value, NumberStyles.AllowLeadingSign, null, out var exponent)
            && hasExponent)
        {
            return false;
        }

        // Zeros to append after the digits; below zero, digits that must be zeros to go.
        var zeros = (long)exponent - fraction.Length;
        var trimmed = digits.TrimEnd('0');
        zeros += digits.Length - trimmed.Length;
        if (zeros < 0 || trimmed.Length + zeros > MostDigits)
        {
            return false;
        }

        value = BigInteger.Parse(trimmed + new string('0', (int)zeros), CultureInfo.InvariantCulture);
        value = match.Groups["sign"].Value == "-" ? -value : value;
        return true;
    }

    /// <inheritdoc cref="Real"/>
    public static bool TryReal(string text, out double value)
    {
        value = default;
        var match = Number().Match(text);
        return match.Success && !(match.Groups["comma"].Success && Thousands().IsMatch(match.Value))
            && double.TryParse(
                text.Replace(ListSign, '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    private static InvalidSettingException Invalid(string field, string text, string allowed)
        => new(field, text.Length == 0 ? "empty" : text, allowed);

    [GeneratedRegex(
        @"^[ \t\r\n]*(?<sign>[+-]?)(?:(?<whole>[0-9]+)(?:(?:\.|(?<comma>,))(?<fraction>[0-9]*))?|\.(?<fraction>[0-9]+))"
        + @"(?:[eE](?<exponent>[+-]?[0-9]+))?[ \t\r\n]*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    /// <summary>Finds what may be 1500 to one reader and 1.5 to another.</summary>
    [GeneratedRegex("^[ \t\r\n]*[+-]?[1-9][0-9]{0,2},[0-9]{3}[ \t\r\n]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Thousands();
}
