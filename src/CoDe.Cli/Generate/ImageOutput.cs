using System.Globalization;
using CoDe.Flow;
using CoDe.Imaging;

namespace CoDe.Cli.Generate;

/// <summary>What a file says of the image in it.</summary>
internal sealed record ImageRecord(string Label, ulong Seed, uint Index, string Settings);

/// <summary>One PNG for all images, as a grid where there are several, or a folder with one each. Checked before anything is decoded.</summary>
internal sealed class ImageOutput
{
    private readonly string _path;
    private readonly bool _isFile;

    /// <exception cref="UsageException">The path is neither.</exception>
    public ImageOutput(string path)
    {
        _path = path;
        _isFile = !Directory.Exists(path) && Path.GetExtension(path).Length > 0;
        if (_isFile && !Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--output {path}: give a .png file or a folder.");
        }

        if (File.Exists(path) && !_isFile)
        {
            throw new UsageException($"--output {path} is a file without .png; give a .png file or a folder.");
        }

        var folder = _isFile ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        Directory.CreateDirectory(folder);
        CheckWritable(folder);
    }

    public void Write(IReadOnlyList<Image> images, IReadOnlyList<ImageRecord> records) => Write(images, records, "");

    public void WritePreview(int scale, IReadOnlyList<Image> images, IReadOnlyList<ImageRecord> records)
        => Write(images, records, FormattableString.Invariant($".scale{scale + 1:00}"));

    private void Write(IReadOnlyList<Image> images, IReadOnlyList<ImageRecord> records, string suffix)
    {
        if (_isFile)
        {
            var image = images.Count == 1 ? images[0] : ImageGrid.Compose(images, Columns(images.Count));
            Save(Path.ChangeExtension(_path, null) + suffix + ".png", image, Text(records));
            return;
        }

        for (var i = 0; i < images.Count; i++)
        {
            var name = FormattableString.Invariant($"{i:00000}_{records[i].Label}{suffix}.png");
            Save(Path.Combine(_path, name), images[i], Text([records[i]]));
        }
    }

    /// <summary>Finds out now, not after minutes of decoding.</summary>
    private static void CheckWritable(string folder)
    {
        var probe = Path.Combine(folder, Path.GetRandomFileName());
        using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    /// <summary>Up to eight in a row, as torchvision's grids have.</summary>
    private static int Columns(int count) => Math.Min(count, 8);

    private static void Save(string path, Image image, IReadOnlyDictionary<string, string> text)
    {
        using var file = File.Create(path);
        Png.Write(file, image, text);
    }

    private static Dictionary<string, string> Text(IReadOnlyList<ImageRecord> records) => new()
    {
        ["Software"] = "CoDe",
        ["Label"] = string.Join(", ", records.Select(record => record.Label).Distinct()),
        ["Seed"] = records[0].Seed.ToString(CultureInfo.InvariantCulture),
        ["Index"] = records.Count == 1
            ? records[0].Index.ToString(CultureInfo.InvariantCulture)
            : FormattableString.Invariant($"{records[0].Index} to {records[^1].Index}"),
        ["Settings"] = records[0].Settings,
    };
}
