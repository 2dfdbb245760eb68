using System.Globalization;

namespace CoDe.Flow;

/// <summary>Labels by number or by name.</summary>
/// <param name="names">The name of each class from 0; empty where none are known.</param>
/// <param name="classes">Number of classes of the model.</param>
public sealed class ClassNames(IReadOnlyList<string> names, int classes)
{
    private const string RangeSign = "..";

    /// <summary>A file beside a checkpoint with a class name a line.</summary>
    public const string FileName = "classes.txt";

    public int Count => classes;

    /// <summary>Gets the known names.</summary>
    public IReadOnlyList<string> Known => names;

    /// <summary>Reads the names that lie beside a checkpoint, if any.</summary>
    public static ClassNames Beside(string checkpoint, int classes)
    {
        var file = Path.Combine(Path.GetDirectoryName(checkpoint) ?? "", FileName);
        string[] lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        string[] names = [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
        return new ClassNames(names, classes);
    }

    /// <summary>Tells whether a text is a range of numbers, such as <c>0..9</c>.</summary>
    public static bool IsRange(string labels)
        => labels.Split(RangeSign) is [var first, var last] && IsNumber(first) && IsNumber(last);

    /// <summary>The class that a user means by a number or a name; <c>none</c> is the unconditional label.</summary>
    /// <exception cref="InvalidSettingException">There is no such class.</exception>
    public int Parse(string label)
    {
        if (int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < classes)
        {
            return number;
        }

        var named = names.Take(classes).Select((name, index) => (name, index))
            .Where(entry => string.Equals(entry.name, label, StringComparison.OrdinalIgnoreCase)).ToArray();
        return named.Length > 0 ? named[0].index
            : string.Equals(label, "none", StringComparison.OrdinalIgnoreCase) ? classes
            : throw new InvalidSettingException("label", label, Allowed());
    }

    /// <summary>The classes of a label or of a range of numbers, both ends included: <c>0..999</c>.</summary>
    /// <exception cref="InvalidSettingException">There is no such class or range.</exception>
    public IEnumerable<int> ParseAll(string labels)
    {
        if (!IsRange(labels))
        {
            return [Parse(labels)];
        }

        var ends = labels.Split(RangeSign);
        var (first, last) = (Parse(ends[0]), Parse(ends[1]));
        return first <= last
            ? Enumerable.Range(first, last - first + 1)
            : throw new InvalidSettingException("label", labels, $"a range that ascends, such as {last}..{first}");
    }

    public string NameOf(int label)
        => label < names.Count ? names[label] : label.ToString(CultureInfo.InvariantCulture);

    private static bool IsNumber(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private string Allowed()
    {
        var numbers = FormattableString.Invariant($"0 to {classes - 1}, none");
        return names.Count == 0 ? numbers : $"{numbers}, or one of {string.Join(", ", names)}";
    }
}
