using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>Descriptions of all endpoints that are in the OpenAPI document.</summary>
internal static class EndpointDescriptions
{
    private const string Generation = "Generation";
    private const string TimelineTag = "Timeline";
    private const string PlanningTag = "Planning";
    private const string HealthTag = "Health";

    private const string EventDetails =
        "The data of each event is the JSON mapping of its message: `queued`, `scale_done`, `drafted` and `image`, "
        + "then `done` with `{}`, or `error` with an Error. Comments come every 15 s as heartbeats.";

    private static readonly ContentDescription Json =
        new(ContentNegotiation.Json, ContentKind.Message, GenerateResponse.Descriptor);

    private static readonly ContentDescription Events =
        new(ContentNegotiation.EventStream, ContentKind.Events, GenerateEvent.Descriptor);

    private static readonly ContentDescription[] Pictures =
        [.. PictureType.Negotiable.Select(type => new ContentDescription(type.MediaType, ContentKind.Picture))];

    private static readonly ContentDescription Raw = new(PictureType.Rgb.MediaType, ContentKind.Picture);

    private static readonly ContentDescription State = new(ContentNegotiation.Json, ContentKind.Health);

    private static readonly int[] QueryErrors = [400, 404, 429, 500, 503];
    private static readonly int[] BodyErrors = [400, 404, 413, 415, 429, 500, 503];

    /// <summary>Groups of endpoints, in the order that they are shown in.</summary>
    public static IReadOnlyList<string> Tags { get; } =
        [Generation, JobDescriptions.Tag, TimelineTag, PlanningTag, HealthTag];

    public static EndpointDescription Models { get; } = new("Models", Generation, "Lists the models that are served.")
    {
        Contents = [new(ContentNegotiation.Json, ContentKind.Message, ListModelsResponse.Descriptor)],
        Errors = [503],
    };

    public static EndpointDescription Image { get; } = new("Image", Generation, "Generates one image.")
    {
        Details = "The field `format` decides the format of the picture, or without it `Accept`; PNG is the default.",
        TakesImageQuery = true,
        Contents = [.. Pictures, Raw],
        Errors = [.. QueryErrors, 406],
    };

    public static EndpointDescription Generate { get; } = new("Generate", Generation, "Generates images of labels.")
    {
        Details = "A client that prefers a picture gets one; that is for one image. " + EventDetails,
        Body = GenerateRequest.Descriptor,
        Contents = [Json, .. Pictures, Events],
        Errors = BodyErrors,
    };

    public static EndpointDescription Stream { get; } =
        new("GenerateStream", Generation, "Generates images of labels and reports progress.")
        {
            Details = EventDetails,
            Body = GenerateRequest.Descriptor,
            Contents = [Events],
            Errors = BodyErrors,
        };

    public static EndpointDescription Edit { get; } =
        new("Edit", Generation, "Changes an image: what the mask keeps stays, the rest is decoded anew.")
        {
            Body = EditRequest.Descriptor,
            Contents = [Json, .. Pictures],
            Errors = BodyErrors,
        };

    public static EndpointDescription Timeline { get; } =
        new("WatchTimeline", TimelineTag, "Reports what the devices do, as it happens.")
        {
            Details = "A `state` event comes at once and twice a second, and a `batch` event for each batch that has "
                + "ended, at first for those of before. A client that reads too slowly misses events. The stream ends "
                + "with the connection, or with an `error` event with an Error when the gateway ends.",
            Contents = [new(ContentNegotiation.EventStream, ContentKind.Events, TimelineEvent.Descriptor)],
            Errors = [500, 503],
        };

    public static EndpointDescription Plan { get; } =
        new("Plan", PlanningTag, "Finds topology, N and batch for a number of devices and a goal.")
        {
            Details = "Plans are made one after another, in up to seconds each.",
            Body = PlanRequest.Descriptor,
            Contents = [new(ContentNegotiation.Json, ContentKind.Message, PlanResponse.Descriptor)],
            Errors = [400, 413, 415, 500, 503],
        };

    public static EndpointDescription Live { get; } =
        new("Live", HealthTag, "Answers while the process serves HTTP at all.") { Contents = [State] };

    public static EndpointDescription Ready { get; } =
        new("Ready", HealthTag, "Answers whether a drafter and a refiner of the same model and N can be used.")
        {
            Contents = [State],
            Errors = [503],
        };

    /// <summary>Describes the address of an image that ends with a format.</summary>
    public static EndpointDescription ImageAs(PictureType type) => Image with
    {
        Id = $"Image{type.Format}",
        Summary = $"Generates one image, as {type.MediaType}.",
        Details = null,
        Contents = [new(type.MediaType, ContentKind.Picture)],
        Errors = QueryErrors,
    };
}
