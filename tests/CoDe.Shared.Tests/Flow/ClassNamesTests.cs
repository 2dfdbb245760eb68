using CoDe.Flow;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.Shared.Tests.Flow;

public sealed class ClassNamesTests
{
    private static readonly ClassNames Names = new(["disk", "ring"], 10);

    [Theory]
    [InlineData("3", 3)]
    [InlineData("Ring", 1)]
    [InlineData("none", 10)]
    [InlineData("0..2", 0, 1, 2)]
    [InlineData("9..9", 9)]
    public void ParseAll_OfALabelOrARange_GivesEveryClass(string text, params int[] expected)
        => Assert.Equal(expected, Names.ParseAll(text));

    [Theory]
    [InlineData("0..10", "label is 10; allowed: 0 to 9, none, or one of disk")]
    [InlineData("5..3", "label is 5..3; allowed: a range that ascends, such as 3..5.")]
    [InlineData("disk..ring", "label is disk..ring; allowed: 0 to 9")]
    [InlineData("1..2..3", "label is 1..2..3; allowed: 0 to 9")]
    [InlineData("-1..2", "label is -1..2; allowed: 0 to 9")]
    public void ParseAll_OfNoRange_SaysWhatIsAllowed(string text, string message)
        => Assert.StartsWith(
            message,
            Assert.Throws<InvalidSettingException>(() => Names.ParseAll(text).ToArray()).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Parse_OfANameOfTwoClasses_TellsTheirNumbers()
        => Assert.Contains(
            "called so: 0, 2",
            Assert.Throws<InvalidSettingException>(() => new ClassNames(["crane", "ring", "Crane"], 3).Parse("crane"))
                .Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("disk,ring", "disk", "ring")]
    [InlineData(" disk , 3..5 ", "disk", "3..5")]
    [InlineData("tench, Tinca tinca", "tench, Tinca tinca")]
    [InlineData("disk,TENCH, tinca tinca,none", "disk", "TENCH, tinca tinca", "none")]
    [InlineData("tench", "tench")]
    [InlineData("tench,disk", "tench", "disk")]
    public void Split_OfAList_KeepsNamesWithCommasWhole(string text, params string[] expected)
        => Assert.Equal(expected, new ClassNames(["disk", "tench, Tinca tinca", "ring"], 5).Split(text));

    [Theory]
    [InlineData(1, "1", "ring")]
    [InlineData(2, "2", "2")]
    [InlineData(10, "none", "none")]
    public void Name_OfAClass_IsReadBackAsIt(int label, string number, string name)
    {
        Assert.Equal((number, name), (Names.NumberOf(label), Names.NameOf(label)));
        Assert.Equal((label, label), (Names.Parse(number), Names.Parse(name)));
    }

    [Fact]
    public void Beside_OfAnEmptyLine_KeepsThePlacesOfTheOthers()
    {
        using var folder = new Folder("disk\n\n  ring \u001b[31m\n\n\n");
        var names = ClassNames.Beside(Path.Combine(folder.Path, "model.pth"), 5);
        Assert.Equal(["disk", "", @"ring \u001b[31m"], names.Known);
        Assert.Equal(("1", 2), (names.NameOf(1), names.Parse(@"ring \u001b[31m")));
        Assert.Equal(names.Known, ClassNames.Beside(folder.Path, 5).Known);
    }

    /// <summary>A pipe would never end.</summary>
    [Fact]
    public void Beside_OfAPipe_KnowsNoNames()
    {
        using var folder = new Folder(null);
        Signals.MakePipe(folder.File);
        Assert.Empty(ClassNames.Beside(Path.Combine(folder.Path, "model.pth"), 5).Known);
    }

    [Fact]
    public void Beside_OfAHugeFile_IsRefused()
    {
        using var folder = new Folder(new string('a', (4 << 20) + 1));
        Assert.Contains(
            "4194305 bytes long; allowed: at most 4194304",
            Assert.Throws<InvalidSettingException>(() => ClassNames.Beside(Path.Combine(folder.Path, "m"), 5)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>A folder with a file of names.</summary>
    private sealed class Folder : IDisposable
    {
        public Folder(string? names)
        {
            if (names is not null)
            {
                System.IO.File.WriteAllText(File, names);
            }
        }

        public string Path { get; } = Directory.CreateTempSubdirectory("code-names-").FullName;

        public string File => System.IO.Path.Combine(Path, ClassNames.FileName);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
