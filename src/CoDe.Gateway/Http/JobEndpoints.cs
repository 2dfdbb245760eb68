using CoDe.Flow;
using CoDe.Gateway.Http.OpenApi;
using CoDe.Gateway.Jobs;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>Endpoints of jobs: the messages of gRPC as JSON, progress as events, an image as a picture.</summary>
internal static class JobEndpoints
{
    private const string Id = "id";
    private const string Index = "index";
    private const string JobEvent = "job";

    public static void MapJobs(this IEndpointRouteBuilder endpoints)
    {
        var jobs = endpoints.ServiceProvider.GetRequiredService<JobOperations>();
        endpoints.MapPost("/v1/jobs", SubmitAsync).WithMetadata(JobDescriptions.Submit)
            .RequireAuthorization(CallerRoles.Generate);
        endpoints.MapGet("/v1/jobs", ListAsync).WithMetadata(JobDescriptions.List);
        endpoints.MapGet("/v1/jobs/{id}", GetAsync).WithMetadata(JobDescriptions.Get);
        endpoints.MapGet("/v1/jobs/{id}/watch", http => WatchAsync(http, jobs)).WithMetadata(JobDescriptions.Watch);
        endpoints.MapPost("/v1/jobs/{id}/cancel", CancelAsync).WithMetadata(JobDescriptions.Cancel);
        endpoints.MapGet("/v1/jobs/{id}/images", ImagesAsync).WithMetadata(JobDescriptions.Images);
        endpoints.MapGet("/v1/jobs/{id}/images/{index}", ImageAsync).WithMetadata(JobDescriptions.Image);

        async Task SubmitAsync(HttpContext http)
        {
            var request = await JsonBody.ReadAsync<SubmitJobRequest>(http.Request);
            await http.Response.WriteMessageAsync(await jobs.SubmitAsync(request, http.ToCaller()));
        }

        async Task GetAsync(HttpContext http)
            => await http.Response.WriteMessageAsync(await jobs.GetAsync(Route(http, Id), http.ToCaller()));

        async Task CancelAsync(HttpContext http)
            => await http.Response.WriteMessageAsync(await jobs.CancelAsync(Route(http, Id), http.ToCaller()));

        async Task ListAsync(HttpContext http)
            => await http.Response.WriteMessageAsync(
                await jobs.ListAsync(PageQuery.Jobs(http.Request.Query), http.ToCaller()));

        async Task ImagesAsync(HttpContext http)
        {
            var request = PageQuery.Images(http.Request.Query, Route(http, Id));
            await http.Response.WriteMessageAsync(await jobs.ImagesAsync(request, http.ToCaller()));
        }

        async Task ImageAsync(HttpContext http)
            => await http.Response.WriteImageAsync(
                await jobs.ImageAsync(Route(http, Id), IndexOf(http), http.ToCaller()));
    }

    private static Task WatchAsync(HttpContext http, JobOperations jobs)
    {
        var logger = http.RequestServices.GetRequiredService<ILogger<EventStream<Job>>>();
        var stream = new EventStream<Job>(
            http, job => (JobEvent, job), job => job.State == JobState.Running, TimeProvider.System, logger);
        return stream.RunAsync(tell => jobs.WatchAsync(
            Route(http, Id),
            job =>
            {
                tell(job);
                return Task.CompletedTask;
            },
            http.ToCaller()));
    }

    private static int IndexOf(HttpContext http)
        => (int)Math.Min(NumberText.Integer<uint>(Index, Route(http, Index)), int.MaxValue);

    private static string Route(HttpContext http, string name) => (string)http.GetRouteValue(name)!;
}
