using System.Text.RegularExpressions;
using CoDe.Testing;
using Xunit;

namespace CoDe.Shared.Tests;

/// <summary>Holds the text of the repository to the columns of <c>.editorconfig</c>.</summary>
public sealed partial class LineLengthTests
{
    private const int MostColumns = 120;

    [Theory]
    [InlineData("*.cs")]
    [InlineData("*.proto")]
    [InlineData("*.md")]
    public void Line_OfAnyFile_HasAtMost120Columns(string pattern)
    {
        var files = RepositoryPaths.Files(pattern).ToArray();
        Assert.NotEmpty(files);
        var offences = files.SelectMany(Offences).ToArray();
        Assert.True(offences.Length == 0, string.Join('\n', offences));
    }

    [Theory]
    [InlineData("a line", true)]
    [InlineData("- a line in a list", true)]
    [InlineData("| a | table |", false)]
    [InlineData("    code", false)]
    public void Prose_OfMarkdown_HasNoTableAndNoIndentedCode(string line, bool isProse)
        => Assert.Equal(isProse, Prose([line]).Any());

    [Fact]
    public void Prose_OfMarkdown_HasNoFencedCodeAndNoAddresses()
    {
        string[] lines =
            ["see [this](https://example.com/)", "```", "code", "```", "or https://example.com/ or", "that"];
        Assert.Equal([(1, "see [this]("), (5, "or  or"), (6, "that")], Prose(lines));
    }

    private static IEnumerable<string> Offences(string file)
    {
        var lines = File.ReadAllLines(file);
        var held = Path.GetExtension(file) == ".md"
            ? Prose(lines)
            : lines.Select((line, index) => (Number: index + 1, Text: line));
        return held.Where(line => line.Text.Length > MostColumns)
            .Select(line => $"{Path.GetRelativePath(RepositoryPaths.Root, file)}:{line.Number}");
    }

    /// <summary>Numbers the lines of Markdown that can be wrapped, and takes addresses out of them.</summary>
    private static IEnumerable<(int Number, string Text)> Prose(string[] lines)
    {
        var (isFenced, isCode) = (false, true);
        for (var index = 0; index < lines.Length; index++)
        {
            var line = lines[index];
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isFenced = !isFenced;
                continue;
            }

            // Indented code follows a heading, an empty line, or more of it.
            var isIndented = line.StartsWith("    ", StringComparison.Ordinal);
            var isProse = !isFenced && !(isCode && isIndented) && !line.TrimStart().StartsWith('|');
            isCode = line.Length == 0 || line.StartsWith('#') || (isCode && isIndented);
            if (isProse)
            {
                yield return (index + 1, Address().Replace(line, ""));
            }
        }
    }

    [GeneratedRegex(@"(?<=\]\()[^)\s]+\)|https?://[^\s)>]+")]
    private static partial Regex Address();
}
