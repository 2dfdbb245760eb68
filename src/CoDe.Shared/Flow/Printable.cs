using System.Globalization;
using System.Text;

namespace CoDe.Flow;

/// <summary>Text from outside as it may stand in a message, a log or on a terminal.</summary>
public static class Printable
{
    /// <summary>Characters of a value in a message: a name is shorter.</summary>
    public const int LongestValue = 80;

    private const string Ellipsis = "...";

    /// <summary>Cuts a text short and shows control characters as escapes.</summary>
    /// <param name="longest">Characters before the cut.</param>
    public static string Of(string text, int longest = LongestValue)
    {
        var shown = new StringBuilder();
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, longest)))
        {
            if (char.IsControl(character) || IsInvisible(character))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            }
            else
            {
                shown.Append(character);
            }
        }

        return text.Length > longest ? shown.Append(Ellipsis).ToString() : shown.ToString();
    }

    /// <summary>Gets whether a character changes the direction or the lines of the text around it.</summary>
    private static bool IsInvisible(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
