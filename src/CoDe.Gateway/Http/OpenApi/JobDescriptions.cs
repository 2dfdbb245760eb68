using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>Descriptions of the endpoints of jobs.</summary>
internal static class JobDescriptions
{
    public const string Tag = "Jobs";

    private static readonly ContentDescription Job =
        new(ContentNegotiation.Json, ContentKind.Message, CoDe.Protocol.V1.Job.Descriptor);

    private static readonly ContentDescription[] Pictures =
        [.. PictureType.All.Select(type => new ContentDescription(type.MediaType, ContentKind.Picture))];

    public static EndpointDescription Submit { get; } =
        new("SubmitJob", Tag, "Submits a job, once however often it is sent with the same id.")
        {
            Body = SubmitJobRequest.Descriptor,
            Contents = [Job],
            Errors = [400, 404, 409, 413, 415, 429, 500, 503],
        };

    public static EndpointDescription List { get; } = new("ListJobs", Tag, "Lists jobs, the newest first.")
    {
        Query = ListJobsRequest.Descriptor,
        Contents = [new(ContentNegotiation.Json, ContentKind.Message, ListJobsResponse.Descriptor)],
        Errors = [400, 500, 503],
    };

    public static EndpointDescription Get { get; } = new("GetJob", Tag, "Gets a job.")
    {
        Contents = [Job],
        Errors = [400, 404, 500, 503],
    };

    public static EndpointDescription Watch { get; } = new("WatchJob", Tag, "Reports the progress of a job.")
    {
        Details = "A `job` event comes now and after each change, then `done` with `{}`, or `error` with an Error.",
        Contents = [new(ContentNegotiation.EventStream, ContentKind.Events, CoDe.Protocol.V1.Job.Descriptor)],
        Errors = [400, 404, 500, 503],
    };

    public static EndpointDescription Cancel { get; } =
        new("CancelJob", Tag, "Cancels a job; the images that are done stay.")
        {
            Contents = [Job],
            Errors = [400, 404, 500, 503],
        };

    public static EndpointDescription Images { get; } =
        new("ListImages", Tag, "Lists the images of a job in the order of their index.")
        {
            Query = ListImagesRequest.Descriptor,
            Contents = [new(ContentNegotiation.Json, ContentKind.Message, ListImagesResponse.Descriptor)],
            Errors = [400, 404, 500, 503],
        };

    public static EndpointDescription Image { get; } = new("JobImage", Tag, "Gets an image of a job, as a picture.")
    {
        Contents = Pictures,
        Errors = [400, 404, 500, 503],
    };
}
