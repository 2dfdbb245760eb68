using CoDe.Flow;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.SimulatedStage;

/// <summary>Answers as a refiner does. Scales are told when all are done.</summary>
internal sealed class SimulatedRefiner(SimulatedDevice device, SimulatedModels models) : Refining.RefiningBase
{
    public override async Task Refine(RefineRequest request, IServerStreamWriter<RefineEvent> responseStream, ServerCallContext context)
    {
        models.CheckBatch(request.Images.Count);
        if (request.Drafts.Count != request.Images.Count)
        {
            throw new InvalidSettingException("drafts", $"{request.Drafts.Count}", $"{request.Images.Count}, one an image");
        }

        var images = request.Images.Select(image => models.Image(image.Label)).ToArray();
        var (first, all) = ((uint)request.Drafts[0].TokenMaps.Count, models.Whole);
        if (request.Preview)
        {
            var preview = new Images();
            preview.Images_.AddRange(images);
            await responseStream.WriteAsync(new RefineEvent { Preview = preview });
        }

        await device.RunAsync(images.Length, context.CancellationToken);
        for (var scale = first + 1; request.Progress && scale <= all.TokenMaps.Count; scale++)
        {
            await responseStream.WriteAsync(new RefineEvent { ScalesDone = scale });
        }

        var refined = new Refined();
        refined.Images.AddRange(images);
        refined.Drafts.AddRange(Enumerable.Repeat(all, images.Length));
        await responseStream.WriteAsync(new RefineEvent { Refined = refined });
    }

    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        await device.RunAsync(1, context.CancellationToken);
        return models.Encoded;
    }

    public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context) => Task.FromResult(models.Status(device));
}
