using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.SimulatedStage;

/// <summary>Answers as a drafter does. Scales are told when all are done.</summary>
internal sealed class SimulatedDrafter(SimulatedDevice device, SimulatedModels models) : Drafting.DraftingBase
{
    public override async Task Draft(
        DraftRequest request, IServerStreamWriter<DraftEvent> responseStream, ServerCallContext context)
    {
        models.CheckBatch(request.Images.Count);
        var draft = models.Draft(request.Steps);
        await device.RunAsync(request.Images.Count, context.CancellationToken);
        for (var scale = 1u; request.Progress && scale <= request.Steps; scale++)
        {
            await responseStream.WriteAsync(new DraftEvent { ScalesDone = scale });
        }

        var drafts = new Drafts();
        drafts.Drafts_.AddRange(Enumerable.Repeat(draft, request.Images.Count));
        await responseStream.WriteAsync(new DraftEvent { Drafts = drafts });
    }

    public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
        => Task.FromResult(models.Status(device));
}
