using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace CoDe.Drafter;

/// <summary>The drafter's gRPC face.</summary>
internal sealed class DraftingService(DraftingEngine engine, Readiness readiness) : Drafting.DraftingBase
{
    public override async Task Draft(
        DraftRequest request, IServerStreamWriter<DraftEvent> responseStream, ServerCallContext context)
    {
        engine.ValidateCount(request.Images.Count);
        Flow.ImageRequest[] images = [.. request.Images.Select(FlowMapping.FromWire)];
        var drafts = await EventRelay.RunAsync<int, IReadOnlyList<Flow.Draft>>(
            tell => engine.DraftAsync(
                request.Model, (int)Math.Min(request.Steps, int.MaxValue), images, request.Progress ? tell : null,
                context.CancellationToken),
            scales => responseStream.WriteAsync(new DraftEvent { ScalesDone = (uint)scales }));
        var wire = new Drafts();
        wire.Drafts_.AddRange(drafts.Select(draft => draft.ToWire().ToByteString()));
        await responseStream.WriteAsync(new DraftEvent { Drafts = wire });
    }

    public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
        => Task.FromResult(StageStatusMapping.ToWire(engine, readiness));
}
