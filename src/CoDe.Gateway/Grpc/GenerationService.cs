using CoDe.Gateway.Requests;
using CoDe.Gateway.Results;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace CoDe.Gateway.Grpc;

/// <summary>The public face over gRPC.</summary>
[Authorize(CallerRoles.Generate)]
internal sealed class GenerationService(ImageGeneration generation) : Generation.GenerationBase
{
    public override Task<GenerateResponse> Generate(GenerateRequest request, ServerCallContext context)
        => WithCacheAsync(context, cache => generation.GenerateAsync(request, context.ToCaller(), cache));

    public override Task GenerateStream(
        GenerateRequest request, IServerStreamWriter<GenerateEvent> responseStream, ServerCallContext context)
        => WithCacheAsync(context, cache => EventRelay.RunAsync<GenerateEvent, bool>(
            async tell =>
            {
                await generation.GenerateAsync(request, tell, context.ToCaller(), cache);
                return true;
            },
            responseStream.WriteAsync,
            ImageGeneration.IsProgress));

    public override Task<GenerateResponse> Edit(EditRequest request, ServerCallContext context)
        => WithCacheAsync(context, cache => generation.EditAsync(request, context.ToCaller(), cache));

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
        => Task.FromResult(generation.ListModels());

    /// <summary>Reads <c>cache-control</c> of the metadata, and says in a trailer what the cache did.</summary>
    private static async Task<T> WithCacheAsync<T>(ServerCallContext context, Func<CacheUse, Task<T>> answer)
    {
        var cache = CacheUse.Of(context.GetHttpContext().Request);
        var answered = await answer(cache);
        context.ResponseTrailers.Add(CacheUse.StatusHeader, cache.Status!);
        return answered;
    }
}
