using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Flow;
using ScottPlot;

namespace CoDe.Cli.Plots;

/// <summary>The option that names a file for a plot.</summary>
internal sealed class PlotOption(string description)
{
    private const int Width = 1000;
    private const int Height = 700;

    private readonly Option<string?> _file = new("--plot") { Description = $"{description}, as a PNG file." };

    public void AddTo(Command command) => command.Options.Add(_file);

    /// <summary>Checks, before any work, that a plot can be drawn and written.</summary>
    /// <exception cref="UsageException">The file is no PNG, or there is no font.</exception>
    public void Prepare(ParseResult result)
    {
        if (result.GetValue(_file) is not { } file)
        {
            return;
        }

        if (!string.Equals(Path.GetExtension(file), ".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--plot is {Printable.Of(file)}; allowed: a file ending in .png.");
        }

        PlotFont.Use();
        OutputFolder.Prepare(Path.GetDirectoryName(Path.GetFullPath(file))!);
    }

    /// <summary>Draws and writes the plots, one below the other, where the option is given.</summary>
    public void Write(ParseResult result, Func<IReadOnlyList<Plot>> draw)
    {
        if (result.GetValue(_file) is not { } file)
        {
            return;
        }

        var all = new Multiplot();
        var empty = all.GetPlot(0);
        foreach (var plot in draw())
        {
            all.AddPlot(plot);
        }

        all.RemovePlot(empty);
        all.Layout = new ScottPlot.MultiplotLayouts.Rows();
        WholeFile.Write(file, all.Render(Width, Height).GetImageBytes(ImageFormat.Png));
    }
}
