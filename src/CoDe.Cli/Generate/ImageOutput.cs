using System.Globalization;
using CoDe.Cli.Options;
using CoDe.Flow;
using CoDe.Imaging;

namespace CoDe.Cli.Generate;

/// <summary>Description of an image in its file.</summary>
/// <param name="Label">Number of the class, since names differ between copies of a model.</param>
/// <param name="Name">Name of the class, for the name of the file.</param>
internal sealed record ImageRecord(string Label, string Name, ulong Seed, uint Index, string Settings);

/// <summary>
/// Output of <c>generate</c>: one picture of one image or a grid of several, or a folder with a picture each. It is
/// checked before anything is decoded.
/// </summary>
internal sealed class ImageOutput
{
    /// <summary>Largest number of images in a row, as in the grids of torchvision.</summary>
    private const int LargestRow = 8;

    private readonly string _path;
    private readonly bool _isFile;
    private readonly string _ending;
    private readonly Dictionary<string, List<(Image Image, ImageRecord Record)>> _grids = [];

    /// <exception cref="UsageException">The path is neither.</exception>
    /// <param name="format">Format of the files in a folder.</param>
    public ImageOutput(string path, string format)
    {
        _path = path;
        _isFile = !Directory.Exists(path) && Path.GetExtension(path).Length > 0;
        _ending = _isFile ? Path.GetExtension(path) : $".{format}";
        if ((_isFile || File.Exists(path)) && PictureFile.FormatOf(path) is null)
        {
            throw new UsageException($"--output {path}: give a folder, or a file ending in {PictureFile.Endings}.");
        }

        var folder = _isFile ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        OutputFolder.Prepare(folder);
    }

    /// <summary>Checks that the pictures can be written, before they are decoded.</summary>
    /// <param name="side">Pixels a side of an image.</param>
    /// <exception cref="UsageException">No file of the format holds a grid of so many images.</exception>
    public void Check(int images, int side)
    {
        if (!_isFile || images == 1)
        {
            return;
        }

        var (width, height) = ImageGrid.SizeOf(images, Math.Min(images, LargestRow), side, side);
        if (Math.Max(width, height) > PictureCodec.LongestSide(PictureFile.FormatOf(_path)!.Value)
            || width * height > PictureCodec.MostPixels)
        {
            throw new UsageException(
                $"--output {_path}: a grid of {images} images is {width} x {height} pixels, "
                + $"more than a {_ending} holds; give a folder.");
        }
    }

    /// <summary>Takes the images of a batch: into a folder they go at once, into a grid at the end.</summary>
    public void Add(IReadOnlyList<Image> images, IReadOnlyList<ImageRecord> records) => Add("", images, records);

    /// <summary>Takes the images of a batch as they are after a scale.</summary>
    public void AddPreview(int scale, IReadOnlyList<Image> images, IReadOnlyList<ImageRecord> records)
        => Add(FormattableString.Invariant($".scale{scale + 1:00}"), images, records);

    /// <summary>Writes the grids.</summary>
    public void Complete()
    {
        foreach (var (suffix, grid) in _grids)
        {
            Image[] images = [.. grid.Select(entry => entry.Image)];
            var image = images.Length == 1 ? images[0] : ImageGrid.Compose(images, Math.Min(images.Length, LargestRow));
            var file = Path.ChangeExtension(_path, null) + suffix + _ending;
            PictureFile.Write(file, image, Text([.. grid.Select(entry => entry.Record)]));
        }
    }

    private void Add(string suffix, IReadOnlyList<Image> images, IReadOnlyList<ImageRecord> records)
    {
        foreach (var (image, record) in images.Zip(records))
        {
            if (_isFile)
            {
                _grids.TryAdd(suffix, []);
                _grids[suffix].Add((image, record));
            }
            else
            {
                var file = FormattableString.Invariant($"{record.Index:00000}_{record.Name}{suffix}{_ending}");
                PictureFile.Write(Path.Combine(_path, file), image, Text([record]));
            }
        }
    }

    /// <summary>Gets the path as it was given.</summary>
    public override string ToString() => _path;

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
