namespace CoDe.Flow;

/// <summary>Format of a stored picture.</summary>
public enum PictureFormat
{
    Png,

    /// <summary>(height, width, 3) bytes without a header.</summary>
    Rgb,

    Jpeg,

    /// <summary>Lossless.</summary>
    WebP,
}

/// <summary>An image as it travels to a client.</summary>
public sealed record Picture(int Width, int Height, PictureFormat Format, ReadOnlyMemory<byte> Data);
