using System.Net;
using System.Text;
using CoDe.Gateway.Tests.Http;
using CoDe.Gateway.Tests.Jobs;
using CoDe.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>Rights of callers by the roles that they have, and the jobs that they see.</summary>
public sealed class RolesTests(ClosedGateway closed) : IClassFixture<ClosedGateway>
{
    [Fact]
    public async Task Generate_WithoutTheRole_IsRefusedOnBothFaces()
    {
        foreach (var (key, name, roles) in new[]
        {
            (closed.OperateKey, "watcher", "operate"), (closed.JobsKey, "clerk", "jobs"),
        })
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(
                async () => await new Generation.GenerationClient(closed.Gateway.As(key))
                    .GenerateAsync(new GenerateRequest { Labels = { "1" } }));
            var message = $"{name} has the roles: {roles}; needed: generate.";
            Assert.Equal((StatusCode.PermissionDenied, message), (refusal.StatusCode, refusal.Status.Detail));
            using var response = await GetAsync("/v1/image?label=1", key);
            await response.AssertErrorAsync(HttpStatusCode.Forbidden, 7, message);
            var job = await Assert.ThrowsAsync<RpcException>(
                async () => await JobsOf(key).SubmitJobAsync(SubmissionOf("x")));
            Assert.Equal(StatusCode.PermissionDenied, job.StatusCode);
        }
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/dashboard/")]
    [InlineData("/v1/timeline")]
    public async Task Operators_AloneSeeWhatIsTheirs(string path)
    {
        foreach (var key in new[] { closed.GenerateKey, closed.JobsKey })
        {
            using var refused = await GetAsync(path, key);
            await refused.AssertErrorAsync(HttpStatusCode.Forbidden, 7, "needed: operate.");
        }

        using var response = await GetAsync(path, closed.OperateKey);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Operators_AlonePlan()
    {
        using var refused = await PlanAsync(closed.GenerateKey);
        await refused.AssertErrorAsync(HttpStatusCode.Forbidden, 7, "needed: operate.");
        using var response = await PlanAsync(closed.OperateKey);
        await response.AssertErrorAsync(HttpStatusCode.BadRequest, 3, "devices is 0");
    }

    [Fact]
    public async Task Jobs_OfTwoCallersWithOneId_AreTwoJobs()
    {
        var (all, painter, clerk) = (JobsOf(closed.Key), JobsOf(closed.GenerateKey), JobsOf(closed.JobsKey));
        Assert.Equal("same", (await all.SubmitJobAsync(SubmissionOf("same", "1"))).Id);
        Assert.Equal("same", (await painter.SubmitJobAsync(SubmissionOf("same", "2..4"))).Id);
        Assert.Equal(3u, (await painter.FinishAsync("same")).Images);
        Assert.Equal(1u, (await all.FinishAsync("same")).Images);
        Assert.Equal([2u, 3u, 4u], (await painter.ImagesAsync("same", 2)).Select(image => image.Label));

        // Another's job is not there without the role, whatever it is called.
        foreach (var id in new[] { "all~same", "~same", "nobody~same" })
        {
            var missing = await Assert.ThrowsAsync<RpcException>(
                async () => await painter.GetJobAsync(new GetJobRequest { Id = id }));
            Assert.Equal((StatusCode.NotFound, $"There is no job {id}."), (missing.StatusCode, missing.Status.Detail));
            await Assert.ThrowsAsync<RpcException>(
                async () => await painter.CancelJobAsync(new CancelJobRequest { Id = id }));
        }

        Assert.Equal(["same"], (await painter.ListJobsAsync(new ListJobsRequest())).Jobs.Select(job => job.Id));

        // With it, jobs of others have their owners in their ids.
        Assert.Equal(3u, (await clerk.GetJobAsync(new GetJobRequest { Id = "painter~same" })).Images);
        Assert.Equal([2u, 3u, 4u], (await clerk.ImagesAsync("painter~same", 2)).Select(image => image.Label));
        var none = await Assert.ThrowsAsync<RpcException>(
            async () => await clerk.GetJobAsync(new GetJobRequest { Id = "same" }));
        Assert.Equal("There is no job same.", none.Status.Detail);
        Assert.Equal(["painter~same", "same"], await IdsAsync(all));
        Assert.Equal(["all~same", "painter~same"], await IdsAsync(clerk));
    }

    [Theory]
    [InlineData("all~mine")]
    [InlineData("a b")]
    [InlineData("x\n")]
    [InlineData("../x")]
    public async Task Submit_OfAnIdThatIsNone_IsRefused(string id)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await JobsOf(closed.Key).SubmitJobAsync(SubmissionOf(id)));
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
    }

    /// <summary>Lists the ids of this test's jobs, a page each.</summary>
    private static async Task<string[]> IdsAsync(Protocol.V1.Jobs.JobsClient jobs)
    {
        var ids = new List<string>();
        var request = new ListJobsRequest { PageSize = 1 };
        do
        {
            var page = await jobs.ListJobsAsync(request);
            ids.AddRange(page.Jobs.Select(job => job.Id));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return [.. ids.Order(StringComparer.Ordinal)];
    }

    private static SubmitJobRequest SubmissionOf(string id, string labels = "1") => new()
    {
        Id = id,
        Request = new GenerateRequest { Labels = { labels }, Seed = 1, Format = ImageFormat.Rgb },
    };

    private Protocol.V1.Jobs.JobsClient JobsOf(string key) => new(closed.Gateway.As(key));

    /// <summary>Plans for no devices.</summary>
    private Task<HttpResponseMessage> PlanAsync(string key)
    {
        const string Body = """{"times": [{"stage": "all", "steps": 8, "batch": 1, "draft_s": 1, "refine_s": 1}]}""";
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/plan")
        {
            Content = new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", key);
        return closed.Gateway.Http.SendAsync(request);
    }

    private Task<HttpResponseMessage> GetAsync(string path, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", key);
        return closed.Gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
