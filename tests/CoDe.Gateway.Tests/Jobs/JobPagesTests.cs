using CoDe.Flow;
using CoDe.Gateway.Jobs;
using CoDe.Gateway.Replicas;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Xunit;

namespace CoDe.Gateway.Tests.Jobs;

/// <summary>Pages of images, which fit into a message of a client's default size.</summary>
public sealed class JobPagesTests : IDisposable
{
    private const string Id = "job";
    private const int Megabyte = 1 << 20;

    private readonly string _data = Directory.CreateTempSubdirectory("code-data-").FullName;
    private readonly JobFolder _folder;
    private readonly JobPages _pages;

    public JobPagesTests()
    {
        _folder = new JobFolder(_data);
        _pages = new JobPages(
            _folder, new ModelCatalog(new ReplicaPool("drafter"), new ReplicaPool("refiner")));
    }

    public void Dispose()
    {
        _folder.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Page_OfLargeImages_HasAsManyAsFitAndAtLeastOne()
    {
        var job = await JobAsync(JobState.Done, [1, 1, 2, 5, 1]);
        Assert.Equal("0 1 -> 2", Read(job, ""));
        Assert.Equal("2 -> 3", Read(job, "2"));
        Assert.Equal("3 -> 4", Read(job, "3"));
        Assert.Equal("4 -> ", Read(job, "4"));
    }

    [Fact]
    public async Task Page_OfAJobThatRuns_EndsBeforeTheFirstMissingImage()
    {
        var job = await JobAsync(JobState.Running, [0, 0, null, 0]);
        Assert.Equal("0 1 -> 2", Read(job, ""));
        Assert.Equal(" -> 2", Read(job, "2"));
    }

    [Fact]
    public async Task Page_OfAJobThatWasCancelled_HasWhatThereIs()
        => Assert.Equal("0 1 3 -> ", Read(await JobAsync(JobState.Cancelled, [0, 0, null, 0]), ""));

    [Fact]
    public async Task Page_OfAJobWhoseFilesWereDeleted_SaysSo()
    {
        var job = await JobAsync(JobState.Done, [0, 0]);
        Directory.Delete(Path.Combine(_data, "jobs"), recursive: true);
        var error = Assert.Throws<JobNotFoundException>(() => Read(job, "1"));
        Assert.Equal("The file of image 1 of job job was deleted.", error.Message);
    }

    /// <param name="megabytes">Of each image; null for one that is missing.</param>
    private async Task<JobSnapshot> JobAsync(JobState state, int?[] megabytes)
    {
        var count = (uint)megabytes.Length;
        var request = new GenerateRequest { Labels = { "7" }, Count = count, Format = ImageFormat.Rgb };
        var order = new JobOrder("", request.ToByteArray(), "", "", megabytes.Length, Classes: 10, Side: 1);
        _folder.Open(Id, order);
        var done = new NumberSet();
        foreach (var (index, size) in megabytes.Index().Where(each => each.Item is not null))
        {
            var picture = new Picture(1, 1, PictureFormat.Rgb, new byte[(size!.Value * Megabyte) + 1]);
            await _folder.WriteAsync(Id, index, picture);
            done.Add(index);
        }

        return new JobSnapshot(order, done.ToRanges(), state, "", DateTime.UnixEpoch, null);
    }

    /// <summary>Reads a page as the indices of its images and the token of the next one.</summary>
    private string Read(JobSnapshot job, string token)
    {
        var page = _pages.Read(new ListImagesRequest { Id = Id, PageToken = token }, job);
        Assert.All(page.Images, image => Assert.Equal((7u, "7"), (image.Label, image.LabelName)));
        return $"{string.Join(' ', page.Images.Select(image => image.Index))} -> {page.NextPageToken}";
    }
}
