using CoDe.Gateway.Requests;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Grpc;

/// <summary>The public face over gRPC.</summary>
internal sealed class GenerationService(ImageGeneration generation) : Generation.GenerationBase
{
    public override Task<GenerateResponse> Generate(GenerateRequest request, ServerCallContext context)
        => generation.GenerateAsync(request, CallerOf(context));

    public override Task GenerateStream(
        GenerateRequest request, IServerStreamWriter<GenerateEvent> responseStream, ServerCallContext context)
        => EventRelay.RunAsync<GenerateEvent, bool>(
            async tell =>
            {
                await generation.GenerateAsync(request, tell, CallerOf(context));
                return true;
            },
            responseStream.WriteAsync);

    public override Task<GenerateResponse> Edit(EditRequest request, ServerCallContext context)
        => generation.EditAsync(request, CallerOf(context));

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
        => Task.FromResult(generation.ListModels());

    /// <summary>Names the caller by its address alone: a client under load uses several connections.</summary>
    private static Caller CallerOf(ServerCallContext context)
        => new(
            $"{context.GetHttpContext().Connection.RemoteIpAddress}", context.Deadline, context.CancellationToken);
}
