using System.Reflection;
using System.Text.RegularExpressions;
using CoDe.Telemetry;
using CoDe.Testing;
using Xunit;

namespace CoDe.EndToEnd.Telemetry;

/// <summary>docs/operations.md against the code.</summary>
public sealed partial class OperationsTests
{
    [Fact]
    public void Documentation_ListsEveryInstrumentAndNoOther()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "operations.md"));
        var listed = InstrumentRow().Matches(text).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);
        var defined = typeof(InstrumentNames).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetValue(null)!).Order(StringComparer.Ordinal);
        Assert.Equal(defined, listed);
    }

    [GeneratedRegex(@"^\| `(code\.[a-z.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex InstrumentRow();
}
