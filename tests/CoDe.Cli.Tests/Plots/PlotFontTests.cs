using CoDe.Cli.Plots;
using Xunit;

namespace CoDe.Cli.Tests.Plots;

/// <summary>The font of plots among those of a system.</summary>
public sealed class PlotFontTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("code-fonts-").FullName;

    [Fact]
    public void Find_WithoutFonts_FindsNone()
        => Assert.Null(PlotFont.Find([_folder, Path.Combine(_folder, "missing")]));

    [Fact]
    public void Find_AmongSeveral_TakesTheBestKnown()
    {
        Add("a/Any.ttf");
        Assert.Equal(Path.Combine(_folder, "a/Any.ttf"), PlotFont.Find([_folder]));
        Add("b/c/LiberationSans-Regular.ttf");
        Assert.EndsWith("LiberationSans-Regular.ttf", PlotFont.Find([_folder]), StringComparison.Ordinal);
        Add("DejaVuSans.ttf");
        Assert.EndsWith("DejaVuSans.ttf", PlotFont.Find([_folder]), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Add(string file)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
    }
}
