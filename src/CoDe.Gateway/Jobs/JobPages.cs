using System.Globalization;
using CoDe.Flow;
using CoDe.Gateway.Replicas;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>Pages of jobs and of their images.</summary>
internal sealed class JobPages(JobFolder folder, ModelCatalog catalog)
{
    /// <summary>Bytes of images of a page: gRPC clients take messages of up to 4 MiB by default.</summary>
    private const int LargestPage = 3 << 20;

    /// <exception cref="InvalidSettingException">The size is out of its range.</exception>
    public static int JobsOf(ListJobsRequest request)
        => request.HasPageSize ? Size(request.PageSize, 100) : 50;

    /// <exception cref="InvalidSettingException">Size or token are out of their range.</exception>
    public ListImagesResponse Read(ListImagesRequest request, JobSnapshot job)
    {
        var size = request.HasPageSize ? Size(request.PageSize, 1000) : 100;
        var first = First(request.PageToken, job.Order.Images);
        var isRunning = job.State == JobState.Running;
        var done = new NumberSet(job.Done);
        var listed = done.From(first).TakeWhile(index => !isRunning || index < done.Leading);
        var response = new ListImagesResponse();
        var reader = new JobImages(folder, request.Id, job.Order, catalog);
        var (bytes, next) = (0, first);
        foreach (var index in listed)
        {
            if (response.Images.Count == size || bytes > LargestPage)
            {
                break;
            }

            var image = reader.Read(index);
            bytes += image.Image.Data.Length;
            if (bytes > LargestPage && response.Images.Count > 0)
            {
                break;
            }

            response.Images.Add(image);
            next = index + 1;
        }

        var isLast = !isRunning && !done.From(next).Any();
        response.NextPageToken = isLast ? "" : next.ToString(CultureInfo.InvariantCulture);
        return response;
    }

    /// <exception cref="JobNotFoundException">The job has not made that image.</exception>
    public GenerateResponse Read(string id, int index, JobSnapshot job)
    {
        if (new NumberSet(job.Done).From(index).FirstOrDefault(-1) != index)
        {
            throw JobNotFoundException.Because($"Job {JobOwner.IdIn(id)} has no image {index}, or not yet.");
        }

        var request = GenerateRequest.Parser.ParseFrom(job.Order.Request);
        return new GenerateResponse
        {
            Images = { new JobImages(folder, id, job.Order, catalog).Read(index) },
            Model = request.Model,
            Seed = request.Seed,
            Steps = request.Steps,
        };
    }

    private static int Size(uint size, int most) => size >= 1 && size <= most
        ? (int)size
        : throw new InvalidSettingException("page_size", $"{size}", $"1 to {most}");

    private static int First(string token, int images)
        => token.Length == 0 ? 0
            : int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && first <= images
            ? first
            : throw new InvalidSettingException("page_token", token, "that of the page before");
}
