using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using CoDe.Gateway.Tests.Jobs;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Xunit;

namespace CoDe.Gateway.Tests.Http;

/// <summary>Jobs over HTTP.</summary>
public sealed class HttpJobTests : DoubleStageTests
{
    private const string Submission =
        """{"id": "web", "request": {"labels": ["3..5"], "count": 2, "seed": "9", "format": "IMAGE_FORMAT_RGB"}}""";

    [Fact]
    public async Task Job_OverHttp_IsThatOfGrpc()
    {
        var submitted = await ReadAsync<Job>(await PostAsync("/v1/jobs", Submission));
        Assert.Equal(("web", 6u), (submitted.Id, submitted.Images));
        await Gateway.Jobs.FinishAsync("web");
        var job = await ReadAsync<Job>(await Gateway.Http.GetAsync("/v1/jobs/web"));
        Assert.Equal(await Gateway.Jobs.GetJobAsync(new GetJobRequest { Id = "web" }), job);
        var jobs = await ReadAsync<ListJobsResponse>(await Gateway.Http.GetAsync("/v1/jobs?page_size=1"));
        Assert.Equal([job], jobs.Jobs);
        var page = await ReadAsync<ListImagesResponse>(
            await Gateway.Http.GetAsync("/v1/jobs/web/images?page_size=2&page_token=3"));
        Assert.Equal("5", page.NextPageToken);
        Assert.Equal([3u, 4u], page.Images.Select(image => image.Index));
        Assert.Equal([4u, 5u], page.Images.Select(image => image.Label));
        Assert.Equal(job, await ReadAsync<Job>(await PostAsync("/v1/jobs/web/cancel", "")));
    }

    [Fact]
    public async Task Image_OfAJob_IsAPictureWithWhatMadeIt()
    {
        await PostAsync("/v1/jobs", Submission);
        await Gateway.Jobs.FinishAsync("web");
        using var response = await Gateway.Http.GetAsync("/v1/jobs/web/images/5");
        Assert.Equal([5, 0, 0], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(
            ("9", "5", "8", "tiny"),
            (response.Header("CoDe-Seed"), response.Header("CoDe-Label"), response.Header("CoDe-Steps"),
                response.Header("CoDe-Model")));
    }

    [Fact]
    public async Task Watch_OfAJob_TellsItsProgressUntilItIsDone()
    {
        await PostAsync("/v1/jobs", Submission);
        using var response = await Gateway.Http.GetAsync(
            "/v1/jobs/web/watch", HttpCompletionOption.ResponseHeadersRead);
        var events = new List<SseItem<string>>();
        await foreach (var each in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            events.Add(each);
        }

        Assert.Equal("done", events[^1].EventType);
        Assert.All(events[..^1], each => Assert.Equal("job", each.EventType));
        var last = JsonParser.Default.Parse<Job>(events[^2].Data);
        Assert.Equal((JobState.Done, 6u), (last.State, last.Done));
    }

    [Theory]
    [InlineData("/v1/jobs/none", HttpStatusCode.NotFound, 5, "There is no job none.")]
    [InlineData("/v1/jobs/none/watch", HttpStatusCode.NotFound, 5, "There is no job none.")]
    [InlineData("/v1/jobs/web/images/6", HttpStatusCode.NotFound, 5, "Job web has no image 6, or not yet.")]
    [InlineData("/v1/jobs/web/images/x", HttpStatusCode.BadRequest, 3, "index is x; allowed: 0 to 4294967295.")]
    [InlineData("/v1/jobs/a%20b", HttpStatusCode.BadRequest, 3, "id is a b; allowed: 1 to 64 letters")]
    [InlineData("/v1/jobs?size=3", HttpStatusCode.BadRequest, 3, "query field is size; allowed: page_size, page_token")]
    [InlineData("/v1/jobs?page_size=", HttpStatusCode.BadRequest, 3, "page_size is empty; allowed: 0 to 4294967295.")]
    [InlineData("/v1/jobs/web/images?page_size=0", HttpStatusCode.BadRequest, 3, "page_size is 0; allowed: 1 to 1000")]
    public async Task Get_OfWhatIsNotThere_IsAnError(string path, HttpStatusCode status, int code, string message)
    {
        await PostAsync("/v1/jobs", Submission);
        using var response = await Gateway.Http.GetAsync(path);
        await response.AssertErrorAsync(status, code, message);
    }

    [Fact]
    public async Task Submit_OfAnotherRequestWithThatId_IsAConflict()
    {
        await PostAsync("/v1/jobs", Submission);
        var other = Submission.Replace("\"9\"", "\"8\"", StringComparison.Ordinal);
        using var response = await PostAsync("/v1/jobs", other);
        await response.AssertErrorAsync(HttpStatusCode.Conflict, 6, "Job web is of another request");
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response)
        where T : IMessage<T>, new()
        => JsonParser.Default.Parse<T>(await response.Content.ReadAsStringAsync());

    private Task<HttpResponseMessage> PostAsync(string path, string json)
        => Gateway.Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
}
