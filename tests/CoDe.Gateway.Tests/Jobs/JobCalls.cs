using CoDe.Protocol.V1;

namespace CoDe.Gateway.Tests.Jobs;

/// <summary>Calls of jobs that tests share.</summary>
internal static class JobCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Watches a job until it is finished.</summary>
    public static async Task<Job> FinishAsync(this Protocol.V1.Jobs.JobsClient jobs, string id)
    {
        using var watch = jobs.WatchJob(new WatchJobRequest { Id = id });
        Job? last = null;
        while (await watch.ResponseStream.MoveNext(default).WaitAsync(Patience))
        {
            last = watch.ResponseStream.Current;
        }

        return last!;
    }

    /// <summary>Reads all images of a job, page by page.</summary>
    public static async Task<List<GeneratedImage>> ImagesAsync(
        this Protocol.V1.Jobs.JobsClient jobs, string id, uint pageSize)
    {
        var images = new List<GeneratedImage>();
        for (var request = new ListImagesRequest { Id = id, PageSize = pageSize }; ;)
        {
            var page = await jobs.ListImagesAsync(request);
            images.AddRange(page.Images);
            if (page.NextPageToken.Length == 0)
            {
                return images;
            }

            request.PageToken = page.NextPageToken;
        }
    }
}
