namespace CoDe.Flow;

/// <summary>An 8-bit RGB image, row-major, three bytes a pixel.</summary>
public sealed class Image
{
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgb">Exactly width x height x 3 bytes.</param>
    /// <exception cref="ArgumentException">The bytes do not fit the size.</exception>
    public Image(int width, int height, byte[] rgb)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (rgb.LongLength != (long)width * height * 3)
        {
            throw new ArgumentException(
                $"An image of {width} x {height} needs {(long)width * height * 3} bytes, not {rgb.LongLength}.",
                nameof(rgb));
        }

        (Width, Height, Rgb) = (width, height, rgb);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>(height, width, 3)</summary>
    public byte[] Rgb { get; }
}
