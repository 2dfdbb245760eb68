using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>A format of pictures, with its name in addresses and its media type.</summary>
internal sealed record PictureType(ImageFormat Format, string Name, string MediaType)
{
    public static readonly PictureType Png = new(ImageFormat.Png, "png", "image/png");
    public static readonly PictureType WebP = new(ImageFormat.Webp, "webp", "image/webp");
    public static readonly PictureType Jpeg = new(ImageFormat.Jpeg, "jpeg", "image/jpeg");
    public static readonly PictureType Rgb = new(ImageFormat.Rgb, "rgb", "application/octet-stream");

    /// <summary>The formats that <c>Accept</c> can choose, in the order of preference among equals.</summary>
    public static IReadOnlyList<PictureType> Negotiable { get; } = [Png, WebP, Jpeg];

    public static IReadOnlyList<PictureType> All { get; } = [.. Negotiable, Rgb];

    public static PictureType Of(ImageFormat format) => All.First(type => type.Format == format);

    public static PictureType? ByName(string name)
        => All.FirstOrDefault(type => type.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public static PictureType? ByMediaType(string mediaType)
        => Negotiable.FirstOrDefault(type => type.MediaType == mediaType);
}
