using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>Pictures in files. A file gets its name when it is whole.</summary>
public static class PictureFile
{
    /// <summary>File endings of the formats that can be written.</summary>
    public const string Endings = ".png, .webp, .jpg, .jpeg";

    /// <summary>The last chunk of a PNG, IEND, with its length and checksum.</summary>
    private static ReadOnlySpan<byte> PngEnd => [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

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
        WholeFile.Write(
            path, format == PictureFormat.Png && text is not null ? PngText.Insert(data.Span, text) : data.Span);
    }

    /// <summary>Writes a picture as it is.</summary>
    public static void Write(string path, Picture picture) => WholeFile.Write(path, picture.Data.Span);

    /// <summary>Gets whether a PNG is there to its end: a file that was cut is not.</summary>
    public static bool IsWholePng(string path)
    {
        if (!File.Exists(path) || RegularFile.Length(path) < PngEnd.Length)
        {
            return false;
        }

        Span<byte> end = stackalloc byte[PngEnd.Length];
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, end, RandomAccess.GetLength(file) - end.Length);
        return read == end.Length && end.SequenceEqual(PngEnd);
    }
}
