using CoDe.Flow;
using CoDe.Gateway.Http.OpenApi;
using CoDe.Gateway.Requests;
using CoDe.Gateway.Results;
using CoDe.Protocol.V1;
using Google.Protobuf;

namespace CoDe.Gateway.Http;

/// <summary>Endpoints of generation: the messages of gRPC as JSON or events, or one image as a picture.</summary>
internal static class GenerationEndpoints
{
    private static readonly string[] PictureTypes = [.. PictureType.Negotiable.Select(type => type.MediaType)];
    private static readonly string[] EditTypes = [.. PictureTypes, ContentNegotiation.Json];
    private static readonly string[] GenerateTypes =
        [.. PictureTypes, ContentNegotiation.EventStream, ContentNegotiation.Json];

    public static void MapGeneration(this IEndpointRouteBuilder endpoints)
    {
        var generation = endpoints.ServiceProvider.GetRequiredService<ImageGeneration>();
        endpoints.MapMethods("/v1/models", PageEndpoints.Reading, ModelsAsync)
            .WithMetadata(EndpointDescriptions.Models);
        endpoints.MapGet("/v1/image", http => ImageAsync(http, generation, null))
            .WithMetadata(EndpointDescriptions.Image);
        endpoints.MapImage("/v1/image.png", generation, PictureType.Png);
        endpoints.MapImage("/v1/image.webp", generation, PictureType.WebP);
        endpoints.MapImage("/v1/image.jpg", generation, PictureType.Jpeg);
        endpoints.MapPost("/v1/generate", http => GenerateAsync(http, generation))
            .WithMetadata(EndpointDescriptions.Generate);
        endpoints.MapPost("/v1/generate/stream", http => StreamAsync(http, generation))
            .WithMetadata(EndpointDescriptions.Stream);
        endpoints.MapPost("/v1/edit", http => EditAsync(http, generation)).WithMetadata(EndpointDescriptions.Edit);

        Task ModelsAsync(HttpContext http) => http.Response.WriteMessageAsync(generation.ListModels());
    }

    private static void MapImage(
        this IEndpointRouteBuilder endpoints, string path, ImageGeneration generation, PictureType ending)
        => endpoints.MapGet(path, http => ImageAsync(http, generation, ending))
            .WithMetadata(EndpointDescriptions.ImageAs(ending));

    private static async Task ImageAsync(HttpContext http, ImageGeneration generation, PictureType? ending)
    {
        var request = ImageQuery.Read(http.Request.Query, ending);
        if (ending is null && !http.Request.Query.ContainsKey(ImageQuery.Format))
        {
            request.Format = AcceptedFormat(http.Request);
        }

        await http.Response.WriteImageAsync(
            await generation.GenerateAsync(request, http.ToCaller(), CacheOf(http)));
    }

    private static ImageFormat AcceptedFormat(HttpRequest request)
    {
        var accepted = ContentNegotiation.Acceptable(request, PictureTypes);
        return accepted is not null
            ? PictureType.ByMediaType(accepted)!.Format
            : throw new BadHttpRequestException(
                $"Accept is {request.Headers.Accept}; allowed: {string.Join(", ", PictureTypes)}.",
                StatusCodes.Status406NotAcceptable);
    }

    private static async Task GenerateAsync(HttpContext http, ImageGeneration generation)
    {
        var preferred = ContentNegotiation.Named(http.Request, GenerateTypes);
        if (preferred == ContentNegotiation.EventStream)
        {
            await StreamAsync(http, generation);
            return;
        }

        var request = await JsonBody.ReadAsync<GenerateRequest>(http.Request);
        await AnswerAsync(
            http, request, preferred, () => generation.GenerateAsync(request, http.ToCaller(), CacheOf(http)));
    }

    private static async Task StreamAsync(HttpContext http, ImageGeneration generation)
    {
        var request = await JsonBody.ReadAsync<GenerateRequest>(http.Request);
        var logger = http.RequestServices.GetRequiredService<ILogger<EventStream<GenerateEvent>>>();
        var stream = new EventStream<GenerateEvent>(
            http, NameAndData, ImageGeneration.IsProgress, TimeProvider.System, logger);
        await stream.RunAsync(tell => generation.GenerateAsync(request, tell, http.ToCaller(), CacheOf(http)));
    }

    /// <summary>The event is named as its field in <c>GenerateEvent</c>, and its data is that message.</summary>
    private static (string Name, IMessage Data) NameAndData(GenerateEvent each)
    {
        var field = GenerateEvent.Descriptor.FindFieldByNumber((int)each.EventCase);
        return (field.Name, (IMessage)field.Accessor.GetValue(each));
    }

    private static async Task EditAsync(HttpContext http, ImageGeneration generation)
    {
        var preferred = ContentNegotiation.Named(http.Request, EditTypes);
        var request = await JsonBody.ReadAsync<EditRequest>(http.Request);
        await AnswerAsync(
            http, request.Request, preferred, () => generation.EditAsync(request, http.ToCaller(), CacheOf(http)));
    }

    /// <summary>Reads <c>Cache-Control</c>, and says in a header what the cache did, as far as that is known.</summary>
    private static CacheUse CacheOf(HttpContext http)
    {
        var cache = CacheUse.Of(http.Request);
        http.Response.OnStarting(() =>
        {
            http.Response.Headers[CacheUse.StatusHeader] = cache.Status;
            return Task.CompletedTask;
        });
        return cache;
    }

    private static bool IsRange(string label) => ClassNames.IsRange(label.Trim());

    /// <summary>Answers with a picture where the client prefers one, else with JSON.</summary>
    private static async Task AnswerAsync(
        HttpContext http, GenerateRequest? request, string? preferred, Func<Task<GenerateResponse>> generate)
    {
        if (request is null || preferred is null || PictureType.ByMediaType(preferred) is not { } picture)
        {
            await http.Response.WriteMessageAsync(await generate());
            return;
        }

        if ((request.HasCount && request.Count > 1) || request.Labels.Count > 1 || request.Labels.Any(IsRange))
        {
            throw new InvalidSettingException(
                "Accept", picture.MediaType, "application/json for more than one image");
        }

        request.Format = picture.Format;
        await http.Response.WriteImageAsync(await generate());
    }
}
