using System.Globalization;

namespace CoDe.Flow;

/// <summary>Labels by number or by name.</summary>
/// <param name="names">The name of each class from 0, empty for one without; none where none are known.</param>
/// <param name="classes">Number of classes of the model.</param>
public sealed class ClassNames(IReadOnlyList<string> names, int classes)
{
    /// <summary>A file beside a checkpoint with a class name a line.</summary>
    public const string FileName = "classes.txt";

    private const string RangeSign = "..";
    private const char ListSign = ',';
    private const string None = "none";

    /// <summary>Bytes of a file of names; that of a thousand classes has 30 thousand.</summary>
    private const int LargestFile = 4 << 20;

    /// <summary>Names that a message lists.</summary>
    private const int NamesInMessage = 10;

    public int Count => classes;

    /// <summary>Classes by name, made when a name is first looked for.</summary>
    private ILookup<string, int> Numbers => field ??= names.Take(classes)
        .Select((name, number) => (name, number)).Where(entry => entry.name.Length > 0)
        .ToLookup(entry => entry.name, entry => entry.number, StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets the known names.</summary>
    public IReadOnlyList<string> Known => names;

    /// <summary>Reads the names that lie beside a checkpoint or in its folder, if any.</summary>
    /// <exception cref="InvalidSettingException">The file is larger than one of names.</exception>
    public static ClassNames Beside(string checkpoint, int classes)
    {
        var folder = Directory.Exists(checkpoint) ? checkpoint : Path.GetDirectoryName(checkpoint) ?? "";
        var file = Path.Combine(folder, FileName);
        var lines = File.Exists(file) ? RegularFile.ReadLines(file, LargestFile) : [];
        string[] all = [.. lines.Select(line => Printable.Of(line.Trim(), int.MaxValue))];

        // A line is a class by its place, also behind an empty one.
        return new ClassNames(all[..(Array.FindLastIndex(all, name => name.Length > 0) + 1)], classes);
    }

    /// <summary>Tells whether a text is a range of numbers, such as <c>0..9</c>.</summary>
    public static bool IsRange(string labels)
        => labels.Split(RangeSign) is [var first, var last] && IsNumber(first) && IsNumber(last);

    /// <summary>The class that a user means by a number or a name; <c>none</c> is the unconditional label.</summary>
    /// <exception cref="InvalidSettingException">There is no such class, or several of the name.</exception>
    public int Parse(string label)
    {
        if (int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < classes)
        {
            return number;
        }

        int[] named = [.. Numbers[label]];
        return named switch
        {
            [var only] => only,
            [] => string.Equals(label, None, StringComparison.OrdinalIgnoreCase)
                ? classes
                : throw new InvalidSettingException("label", label, Allowed()),
            _ => throw new InvalidSettingException(
                "label", label, $"the number of one of the classes that are called so: {string.Join(", ", named)}"),
        };
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

    /// <summary>
    /// Divides a list with commas between. A name may have commas itself: of what can be a name, the longest is one.
    /// </summary>
    public IReadOnlyList<string> Split(string labels)
    {
        var parts = labels.Split(ListSign);
        var mostParts = 1 + names.Select(name => name.Count(each => each == ListSign)).DefaultIfEmpty().Max();
        var found = new List<string>();
        for (int first = 0, taken; first < parts.Length; first += taken)
        {
            taken = Math.Min(mostParts, parts.Length - first);
            while (taken > 1 && !Numbers.Contains(Joined(first, taken)))
            {
                taken--;
            }

            found.Add(Joined(first, taken));
        }

        return found;

        string Joined(int first, int count) => string.Join(ListSign, parts, first, count).Trim();
    }

    /// <summary>The name of a class, its number where it has no name, or <c>none</c>.</summary>
    public string NameOf(int label)
        => label < Math.Min(names.Count, classes) && names[label].Length > 0 ? names[label] : NumberOf(label);

    /// <summary>The number of a class as text, or <c>none</c>.</summary>
    public string NumberOf(int label) => label == classes ? None : label.ToString(CultureInfo.InvariantCulture);

    private static bool IsNumber(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private string Allowed()
    {
        var numbers = FormattableString.Invariant($"0 to {classes - 1}, {None}");
        string[] some = [.. names.Where(name => name.Length > 0).Take(NamesInMessage)];
        var more = names.Count > NamesInMessage ? ", ..." : "";
        return some.Length == 0 ? numbers : $"{numbers}, or one of {string.Join(", ", some)}{more}";
    }
}
