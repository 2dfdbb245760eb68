using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Flow;
using CoDe.Protocol.V1;
using GenerateRequest = CoDe.Protocol.V1.GenerateRequest;
using Image = CoDe.Flow.Image;

namespace CoDe.Resilience.Jobs;

/// <summary>The images of a job, and those that one process without a service decodes.</summary>
internal static class JobImages
{
    private const int Labels = 10;
    private const int Batch = 8;
    private const int Steps = 8;
    private const ulong Seed = 7;

    public static GenerateRequest Request(int images) => new()
    {
        Labels = { $"0..{Labels - 1}" },
        Count = (uint)(images / Labels),
        Seed = Seed,
        Steps = Steps,
        Format = ImageFormat.Rgb,
    };

    /// <summary>Counts the images that are missing, doubled or not as they should be.</summary>
    public static async Task<int> CountDifferentAsync(
        Protocol.V1.Jobs.JobsClient jobs, string id, GenerateRequest request, CancellationToken cancellation)
    {
        var images = await FetchAsync(jobs, id, cancellation);
        var different = 0;
        using var backend = new DeviceOptions().Create();
        using var models = LoadedModels.Load(backend, ModelNames.Tiny);
        using var decoder = new LocalDecoder(backend, models.Drafter, models.Refiner, models.Vqvae, Steps, Batch);
        foreach (var batch in Enumerable.Range(0, Labels * (int)request.Count).Chunk(Batch))
        {
            var expected = decoder.Run(
                [.. batch.Select(index => RequestOf(index, (int)request.Count))], cancellation: cancellation).Images;
            different += batch.Zip(expected)
                .Count(each => !(images.Remove(each.First, out var image) && IsEqual(each.Second, image)));
        }

        return different + images.Count;
    }

    private static ImageRequest RequestOf(int index, int count)
        => new(index / count, Seed, (uint)index, TinyModel.Sampling);

    private static bool IsEqual(Image expected, byte[] image) => expected.Rgb.AsSpan().SequenceEqual(image);

    private static async Task<Dictionary<int, byte[]>> FetchAsync(
        Protocol.V1.Jobs.JobsClient jobs, string id, CancellationToken cancellation)
    {
        var images = new Dictionary<int, byte[]>();
        var request = new ListImagesRequest { Id = id, PageSize = 1000 };
        do
        {
            var page = await jobs.ListImagesAsync(request, cancellationToken: cancellation);
            foreach (var image in page.Images)
            {
                images.Add((int)image.Index, image.Image.Data.ToByteArray());
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return images;
    }
}
