using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>Pictures in files. A file gets its name when it is whole.</summary>
public static class PictureFile
{
    /// <summary>File endings of the formats that can be written.</summary>
    public const string Endings = ".png, .webp, .jpg, .jpeg";

    /// <returns>Null where the ending is of no format.</returns>
    public static PictureFormat? FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" => PictureFormat.Png,
        ".WEBP" => PictureFormat.WebP,
        ".JPG" or ".JPEG" => PictureFormat.Jpeg,
        _ => null,
    };

    /// <summary>The ending of files of a format, with its dot.</summary>
    public static string EndingOf(PictureFormat format) => format switch
    {
        PictureFormat.Rgb => ".rgb",
        PictureFormat.WebP => ".webp",
        PictureFormat.Jpeg => ".jpg",
        _ => ".png",
    };

    /// <exception cref="PictureException">The file is no picture; the message names it.</exception>
    public static Image Read(string path)
    {
        try
        {
            return PictureCodec.Decode(File.ReadAllBytes(path));
        }
        catch (PictureException error)
        {
            throw new PictureException(path, error);
        }
    }

    /// <summary>Writes a picture in the format of the file's ending.</summary>
    /// <param name="text">Kept in a PNG; other formats have no place for it.</param>
    public static void Write(string path, Image image, IReadOnlyDictionary<string, string>? text = null)
    {
        var format = FormatOf(path)
            ?? throw new ArgumentException($"{path} has none of the endings {Endings}.", nameof(path));
        var data = PictureCodec.Encode(image, format).Data;
        Write(path, format == PictureFormat.Png && text is not null ? PngText.Insert(data.Span, text) : data.Span);
    }

    /// <summary>Writes a picture as it is.</summary>
    public static void Write(string path, Picture picture) => Write(path, picture.Data.Span);

    private static void Write(string path, ReadOnlySpan<byte> data)
    {
        var partial = path + ".partial";
        try
        {
            File.WriteAllBytes(partial, data);
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
