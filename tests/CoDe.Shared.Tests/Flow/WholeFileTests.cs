using CoDe.Flow;
using Xunit;

namespace CoDe.Shared.Tests.Flow;

public sealed class WholeFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-whole-").FullName;

    [Fact]
    public void Write_ThatFails_KeepsWhatWasThere()
    {
        WholeFile.Write(In("a"), "before"u8);
        Assert.Throws<IOException>(() => WholeFile.Write(In("a"), 0, (file, _) =>
        {
            file.Write("after"u8);
            throw new IOException();
        }));
        Assert.Equal("before", File.ReadAllText(In("a")));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Write_ThroughALink_WritesTheFileThatItLeadsTo()
    {
        File.WriteAllText(In("a"), "before");
        File.CreateSymbolicLink(In("link"), In("a"));
        WholeFile.Write(In("link"), "after"u8);
        Assert.Equal("after", File.ReadAllText(In("a")));
        Assert.NotNull(new FileInfo(In("link")).LinkTarget);
    }

    [Fact]
    public async Task Write_OfSeveralAtOnce_LeavesOneWhole()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(
            () => WholeFile.Write(In("a"), new byte[10_000 + number]))));
        Assert.InRange(new FileInfo(In("a")).Length, 10_000, 10_007);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u001b[31mb\r\n", @"a\u001b[31mb\u000d\u000a")]
    [InlineData("a\u202eb", @"a\u202eb")]
    public void Printable_OfAText_ShowsWhatWouldActOnATerminal(string text, string shown)
        => Assert.Equal(shown, Printable.Of(text));

    [Fact]
    public void Printable_OfALongText_IsCut()
        => Assert.Equal(new string('a', Printable.LongestValue) + "...", Printable.Of(new string('a', 20_000)));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);
}
