using CoDe.Flow;
using CoDe.Gateway.Requests;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Http;

/// <summary>Endpoints of generation: the messages of gRPC as JSON, or one image as a picture.</summary>
internal static class GenerationEndpoints
{
    public static void MapGeneration(this IEndpointRouteBuilder endpoints)
    {
        var generation = endpoints.ServiceProvider.GetRequiredService<ImageGeneration>();
        endpoints.MapMethods("/v1/models", PageEndpoints.Reading, http => http.Response.WriteMessageAsync(generation.ListModels()));
        endpoints.MapGet("/v1/image", http => ImageAsync(http, generation));
        endpoints.MapPost("/v1/generate", http => GenerateAsync(http, generation));
        endpoints.MapPost("/v1/edit", http => EditAsync(http, generation));
    }

    private static async Task ImageAsync(HttpContext http, ImageGeneration generation)
        => await http.Response.WritePngAsync(await generation.GenerateAsync(ImageQuery.Read(http.Request.Query), CallerOf(http)));

    private static async Task GenerateAsync(HttpContext http, ImageGeneration generation)
    {
        var request = await JsonBody.ReadAsync<GenerateRequest>(http.Request);
        await AnswerAsync(http, request, () => generation.GenerateAsync(request, CallerOf(http)));
    }

    private static async Task EditAsync(HttpContext http, ImageGeneration generation)
    {
        var request = await JsonBody.ReadAsync<EditRequest>(http.Request);
        await AnswerAsync(http, request.Request, () => generation.EditAsync(request, CallerOf(http)));
    }

    /// <summary>HTTP knows no deadline; who no longer waits goes away.</summary>
    private static Caller CallerOf(HttpContext http) => new(DateTime.MaxValue, http.RequestAborted);

    private static async Task AnswerAsync(HttpContext http, GenerateRequest? request, Func<Task<GenerateResponse>> generate)
    {
        if (request is null || !http.Request.PrefersPng())
        {
            await http.Response.WriteMessageAsync(await generate());
            return;
        }

        if ((request.HasCount && request.Count > 1) || request.Labels.Count > 1)
        {
            throw new InvalidSettingException("Accept", "image/png", "application/json for more than one image");
        }

        request.Format = ImageFormat.Png;
        await http.Response.WritePngAsync(await generate());
    }
}
