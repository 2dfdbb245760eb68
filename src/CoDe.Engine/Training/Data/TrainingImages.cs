using System.IO.Hashing;
using System.Text;
using CoDe.Flow;

namespace CoDe.Engine.Training.Data;

/// <summary>A picture file and its class.</summary>
public readonly record struct TrainingImage(int Label, string Path);

/// <summary>Labelled pictures of one size.</summary>
/// <param name="folder">Folder that all of them are in.</param>
/// <param name="images">In an order that is the same in every run.</param>
/// <param name="read">Reads a picture file.</param>
public sealed class TrainingImages(
    string folder, IReadOnlyList<string> classes, IReadOnlyList<TrainingImage> images, Func<string, Image> read)
{
    /// <summary>Names of the classes, by their numbers.</summary>
    public IReadOnlyList<string> Classes => classes;

    public IReadOnlyList<TrainingImage> Images => images;

    /// <summary>Reads a picture.</summary>
    /// <exception cref="InvalidSettingException">It is not of the size.</exception>
    public Image Read(int number, int side)
    {
        var (path, image) = (images[number].Path, read(images[number].Path));
        return image.Width == side && image.Height == side
            ? image
            : throw new InvalidSettingException(
                path, $"{image.Width} x {image.Height}",
                FormattableString.Invariant($"{side} x {side} pixels, which the VQVAE and the scales give"));
    }

    /// <summary>Identifies the files by their names, lengths and times of writing.</summary>
    public string Digest()
    {
        var hash = new XxHash128();
        foreach (var image in images)
        {
            var file = new FileInfo(image.Path);
            var name = Path.GetRelativePath(folder, image.Path);
            hash.Append(Encoding.UTF8.GetBytes(FormattableString.Invariant(
                $"{image.Label} {name} {file.Length} {file.LastWriteTimeUtc.Ticks}\n")));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
