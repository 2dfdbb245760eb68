using CoDe.Engine.Serving;
using CoDe.Flow;
using CoDe.Hosting.Lifecycle;
using CoDe.Imaging;
using CoDe.Protocol;
using Grpc.Core;
using Wire = CoDe.Protocol.V1;

namespace CoDe.Refiner;

/// <summary>gRPC service of the refiner.</summary>
internal sealed class RefiningService(RefiningEngine engine, Readiness readiness) : Wire.Refining.RefiningBase
{
    public override async Task Refine(
        Wire.RefineRequest request, IServerStreamWriter<Wire.RefineEvent> responseStream, ServerCallContext context)
    {
        engine.ValidateCount(request.Images.Count);
        var batch = RefineBatch.FromWire(request);
        var refined = await EventRelay.RunAsync<RefineProgress, RefinedBatch>(
            tell => engine.RefineAsync(
                request.Model, batch, batch.WantsProgress ? tell : null, context.CancellationToken),
            progress => WriteAsync(responseStream, progress, request));
        var wire = new Wire.Refined();
        for (var image = 0; image < request.Images.Count; image++)
        {
            wire.Images.Add(ToWire(refined, image, request.Images[image]));
        }

        await responseStream.WriteAsync(new Wire.RefineEvent { Refined = wire });
    }

    public override async Task<Wire.EncodeResponse> Encode(Wire.EncodeRequest request, ServerCallContext context)
    {
        var image = (request.Image ?? throw new InvalidSettingException("image", "missing", "one")).FromWire();
        var response = new Wire.EncodeResponse();
        var features = await engine.EncodeAsync(request.Model, image, context.CancellationToken);
        response.Features.AddRange(features.Select(FlowMapping.ToWire));
        return response;
    }

    public override Task<Wire.StageStatus> Status(Wire.StatusRequest request, ServerCallContext context)
        => Task.FromResult(StageStatusMapping.ToWire(engine, readiness));

    private static Task WriteAsync(
        IServerStreamWriter<Wire.RefineEvent> stream, RefineProgress progress, Wire.RefineRequest request)
    {
        if (progress.Previews is null)
        {
            return request.Progress
                ? stream.WriteAsync(new Wire.RefineEvent { ScalesDone = (uint)progress.ScalesDone })
                : Task.CompletedTask;
        }

        var previews = new Wire.Previews();
        foreach (var (position, image) in progress.Previews)
        {
            var picture = PictureCodec.Encode(image, request.Images[position].Format.FromWire());
            previews.Previews_.Add(new Wire.Preview { Position = (uint)position, Image = picture.ToWire() });
        }

        return stream.WriteAsync(new Wire.RefineEvent { Previews = previews });
    }

    private static Wire.RefinedImage ToWire(RefinedBatch refined, int image, Wire.RefineImage wanted)
    {
        var wire = new Wire.RefinedImage
        {
            Image = PictureCodec.Encode(refined.Images[image], wanted.Format.FromWire()).ToWire(),
        };
        wire.TokenMaps.AddRange(wanted.TokenMaps ? refined.Drafts[image].TokenMaps.Select(FlowMapping.ToWire) : []);
        return wire;
    }
}
