using ScottPlot;

namespace CoDe.Cli.Plots;

/// <summary>
/// Font of plots. SkiaSharp without dependencies looks for none on Linux, and draws a text without a font as nothing.
/// </summary>
internal static class PlotFont
{
    private const string Name = "CoDe plots";

    private static readonly string[] Folders =
    [
        "/usr/share/fonts", "/usr/local/share/fonts",
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "fonts"),
    ];

    /// <summary>Names of files, the best first.</summary>
    private static readonly string[] Preferred =
        ["DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "FreeSans.ttf"];

    /// <summary>Makes plots use a font of the system.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static void Use()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var file = Find(Folders) ?? throw new UsageException(
            "--plot needs a font, and /usr/share/fonts has none; install one, such as Debian's fonts-dejavu-core.");
        Fonts.AddFontFile(Name, file, bold: false, italic: false);
        Fonts.AddFontFile(Name, file, bold: true, italic: false);
        Fonts.Default = Name;
    }

    /// <summary>Finds a font file, the best of those known or else any.</summary>
    public static string? Find(IEnumerable<string> folders)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return folders.Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.ttf", everything))
            .OrderBy(RankOf).ThenBy(file => file, StringComparer.Ordinal).FirstOrDefault();
    }

    private static int RankOf(string file)
        => Array.IndexOf(Preferred, Path.GetFileName(file)) is >= 0 and var rank ? rank : Preferred.Length;
}
