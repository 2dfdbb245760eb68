using CoDe.Flow;

namespace CoDe.Imaging;

/// <summary>Several images in one.</summary>
public static class ImageGrid
{
    /// <summary>Pixels of a grid of images of one size.</summary>
    public static (long Width, long Height) SizeOf(int images, int columns, int width, int height, int padding = 2)
    {
        var rows = ((long)images + columns - 1) / columns;
        return (((long)Math.Min(columns, images) * (width + padding)) + padding, (rows * (height + padding)) + padding);
    }

    /// <summary>
    /// Lays out images of one size in rows of <paramref name="columns"/>, with a black border of
    /// <paramref name="padding"/> pixels around each.
    /// </summary>
    public static Image Compose(IReadOnlyList<Image> images, int columns, int padding = 2)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images.Count, nameof(images));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        var (cellWidth, cellHeight) = (images[0].Width + padding, images[0].Height + padding);
        var size = SizeOf(images.Count, columns, images[0].Width, images[0].Height, padding);
        var (width, height) = (checked((int)size.Width), checked((int)size.Height));
        var rgb = new byte[checked(width * height * 3)];
        for (var i = 0; i < images.Count; i++)
        {
            if (images[i].Width != images[0].Width || images[i].Height != images[0].Height)
            {
                throw new ArgumentException("A grid needs images of one size.", nameof(images));
            }

            var (left, top) = ((i % columns * cellWidth) + padding, (i / columns * cellHeight) + padding);
            var stride = images[i].Width * 3;
            for (var y = 0; y < images[i].Height; y++)
            {
                images[i].Rgb.AsSpan(y * stride, stride).CopyTo(rgb.AsSpan((((top + y) * width) + left) * 3));
            }
        }

        return new Image(width, height, rgb);
    }
}
