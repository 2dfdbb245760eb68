using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.SimulatedStage;

/// <summary>Answers as a refiner does. Scales are told when all are done.</summary>
internal sealed class SimulatedRefiner(SimulatedDevice device, SimulatedModels models) : Refining.RefiningBase
{
    public override async Task Refine(
        RefineRequest request, IServerStreamWriter<RefineEvent> responseStream, ServerCallContext context)
    {
        models.CheckBatch(request.Images.Count);
        Protocol.V1.Image[] images = [.. request.Images.Select(image => models.Image(image.Spec.Label))];
        var scales = Protocol.V1.Draft.Parser.ParseFrom(request.Images[0].Draft).TokenMaps.Count;
        var previews = new Previews();
        previews.Previews_.AddRange(
            Enumerable.Range(0, images.Length).Where(image => request.Images[image].Preview)
                .Select(image => new Preview { Position = (uint)image, Image = images[image] }));
        if (previews.Previews_.Count > 0)
        {
            await responseStream.WriteAsync(new RefineEvent { Previews = previews });
        }

        await device.RunAsync(images.Length, context.CancellationToken);
        for (var scale = scales + 1; request.Progress && scale <= SimulatedModels.Scales; scale++)
        {
            await responseStream.WriteAsync(new RefineEvent { ScalesDone = (uint)scale });
        }

        var refined = new Refined();
        refined.Images.AddRange(images.Select(image => new RefinedImage { Image = image }));
        await responseStream.WriteAsync(new RefineEvent { Refined = refined });
    }

    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        await device.RunAsync(1, context.CancellationToken);
        return models.Encoded;
    }

    public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
        => Task.FromResult(models.Status(device));
}
