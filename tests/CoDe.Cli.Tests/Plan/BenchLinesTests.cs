using CoDe.Cli.Plan;
using CoDe.Flow;
using CoDe.Planning;
using Xunit;

namespace CoDe.Cli.Tests.Plan;

/// <summary>Measurements from files.</summary>
public sealed class BenchLinesTests : IDisposable
{
    private const string Draft =
        """{"mode":"code","stage":"draft","steps":8,"batch":4,"draft_s":0.5,"refine_s":1E-07,"peak_gib":2}""";

    private const string Refine =
        """{"stage":"refine","steps":8,"batch":4,"draft_s":1E-07,"refine_s":0.25,"decode_s":0.125,"peak_gib":1}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-plan-").FullName;

    [Fact]
    public void Read_OfLinesOfEachStage_TakesTheTimesOfTheirStageAlone()
    {
        var times = BenchLines.Read([File("draft", Draft, "", "  "), File("refine", Refine)]);
        Assert.Equal([4], times.BatchesOf(8));
        var draft = times.Of(8, MeasuredStages.Draft, isShared: false);
        var refine = times.Of(8, MeasuredStages.Refine, isShared: false);
        Assert.Equal((0.5, 2), (draft.Seconds.At(4), draft.Gibibytes!.At(4)));
        Assert.Equal((0.375, 1), (refine.Seconds.At(4), refine.Gibibytes!.At(4)));
    }

    [Fact]
    public void Read_OfALineOfAPlan_TakesItsMemory()
    {
        var times = BenchLines.Read(
            [File("all", Draft, Refine, """{"stage":"draft","steps":8,"batch":4,"total_gib":1.5,"free_gib":9}""")]);
        Assert.Equal(1.5, times.Of(8, MeasuredStages.Draft, isShared: false).Gibibytes!.At(4));
    }

    [Theory]
    [InlineData("line 2: no line of code bench --json with a stage; measure again.", "{}")]
    [InlineData("line 2: no line of code bench --json with a stage; measure again.", "no JSON")]
    [InlineData("line 2: no line of code bench --json with a stage; measure again.", "null")]
    [InlineData("line 2: no line of code bench --json", """{"stage":"both","steps":8,"batch":1,"draft_s":1}""")]
    [InlineData("line 2: no line of code bench --json", """{"stage":"draft","steps":8,"draft_s":1}""")]
    [InlineData("line 2: batch is 0; allowed: 1 to 256.", """{"stage":"draft","steps":8,"batch":0,"draft_s":1}""")]
    [InlineData("line 2: draft_s is -1; allowed: above 0", """{"stage":"draft","steps":8,"batch":1,"draft_s":-1}""")]
    [InlineData(
        "line 2: peak_gib is -2; allowed: 0 to", """{"stage":"draft","steps":8,"batch":1,"draft_s":1,"peak_gib":-2}""")]
    public void Read_OfALineThatIsNoMeasurement_NamesTheLine(string message, string line)
    {
        var error = Assert.ThrowsAny<InputException>(() => BenchLines.Read([File("times", Draft, line)]));
        Assert.Contains($"times, {message}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfNothing_SaysWhatToGive()
        => Assert.EndsWith(
            "empty: no times; give lines of code bench --json.",
            Assert.ThrowsAny<InputException>(() => BenchLines.Read([File("empty")])).Message, StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File(string name, params string[] lines)
    {
        var file = Path.Combine(_folder, name);
        System.IO.File.WriteAllLines(file, lines);
        return file;
    }
}
