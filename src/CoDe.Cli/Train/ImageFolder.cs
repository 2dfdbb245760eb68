using CoDe.Engine.Training.Data;
using CoDe.Flow;
using CoDe.Imaging;

namespace CoDe.Cli.Train;

/// <summary>Reads a folder with a folder of pictures for each class. Names in their order number the classes.</summary>
internal static class ImageFolder
{
    /// <exception cref="InvalidSettingException">There is no such folder, or a class has no pictures.</exception>
    public static TrainingImages Read(string folder)
    {
        string[] classes = Directory.Exists(folder)
            ? [.. Directory.GetDirectories(folder).Where(IsVisible).Order(StringComparer.Ordinal)]
            : throw new InvalidSettingException("--data", folder, "a folder with a folder of pictures for each class");
        if (classes.Length == 0)
        {
            throw new InvalidSettingException(
                "--data", $"{folder}, which has no folders", "a folder with a folder of pictures for each class");
        }

        return new TrainingImages(
            folder, [.. classes.Select(each => Path.GetFileName(each))],
            [.. classes.SelectMany(PicturesOf)], PictureFile.Read);
    }

    private static IEnumerable<TrainingImage> PicturesOf(string folder, int label)
    {
        string[] files = [.. Directory.GetFiles(folder).Where(file => PictureFile.FormatOf(file) is not null)
            .Where(IsVisible).Order(StringComparer.Ordinal)];
        return files.Length > 0
            ? files.Select(file => new TrainingImage(label, file))
            : throw new InvalidSettingException(
                "--data", $"{folder}, which has no pictures", $"files ending in {PictureFile.Endings}");
    }

    private static bool IsVisible(string path) => !Path.GetFileName(path).StartsWith('.');
}
