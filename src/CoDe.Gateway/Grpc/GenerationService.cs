using CoDe.Gateway.Requests;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Grpc;

/// <summary>The public face over gRPC.</summary>
internal sealed class GenerationService(ImageGeneration generation) : Generation.GenerationBase
{
    public override Task<GenerateResponse> Generate(GenerateRequest request, ServerCallContext context)
        => generation.GenerateAsync(request, context.ToCaller());

    public override Task GenerateStream(
        GenerateRequest request, IServerStreamWriter<GenerateEvent> responseStream, ServerCallContext context)
        => EventRelay.RunAsync<GenerateEvent, bool>(
            async tell =>
            {
                await generation.GenerateAsync(request, tell, context.ToCaller());
                return true;
            },
            responseStream.WriteAsync);

    public override Task<GenerateResponse> Edit(EditRequest request, ServerCallContext context)
        => generation.EditAsync(request, context.ToCaller());

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
        => Task.FromResult(generation.ListModels());
}
