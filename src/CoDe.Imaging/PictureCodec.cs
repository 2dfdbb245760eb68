using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>Encodes images to the formats that clients ask for.</summary>
public static class PictureCodec
{
    /// <exception cref="InvalidSettingException">The format is not supported.</exception>
    public static Picture Encode(Image image, PictureFormat format) => new(image.Width, image.Height, format, format switch
    {
        PictureFormat.Rgb => image.Rgb,
        PictureFormat.Png => Png.Encode(image),
        _ => throw new InvalidSettingException("format", $"{format}", "Png, Rgb"),
    });
}
