using CoDe.Imaging;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Image = CoDe.Flow.Image;

namespace CoDe.Cli.Jobs;

/// <summary>Writes the images of a job.</summary>
internal static class JobImages
{
    /// <summary>Writes a file an image, named by its index.</summary>
    /// <returns>The number of images.</returns>
    public static async Task<int> WriteFolderAsync(
        IAsyncEnumerable<GeneratedImage> images, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var written = 0;
        await foreach (var image in images.WithCancellation(cancellation))
        {
            var picture = image.Image.ToPicture();
            var name = FormattableString.Invariant($"{image.Index:0000000}{PictureFile.EndingOf(picture.Format)}");
            PictureFile.Write(Path.Combine(folder, name), picture);
            written++;
        }

        return written;
    }

    /// <summary>Writes all images of a job that is done, in their order.</summary>
    /// <returns>The number of images.</returns>
    /// <exception cref="UsageException">The job is not done.</exception>
    public static async Task<int> WriteNpzAsync(
        Job job, IAsyncEnumerable<GeneratedImage> images, string path, CancellationToken cancellation)
    {
        if (job.State != JobState.Done)
        {
            throw new UsageException(FormattableString.Invariant(
                $"job {job.Id} is {JobText.StateOf(job)} with {job.Done} of {job.Images} images, ")
                + "and an .npz needs all. Give a folder for those that are done.");
        }

        NpzWriter? npz = null;
        try
        {
            await foreach (var each in images.WithCancellation(cancellation))
            {
                var image = PixelsOf(each);
                npz ??= new NpzWriter(path, (int)job.Images, image.Height, image.Width);
                npz.Add(image);
            }

            npz?.Complete();
            return (int)job.Images;
        }
        finally
        {
            npz?.Dispose();
        }
    }

    private static Image PixelsOf(GeneratedImage image)
        => image.Image.Format == ImageFormat.Rgb
            ? image.Image.FromWire()
            : PictureCodec.Decode(image.Image.Data.Span);
}
