using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Refiner;

/// <summary>The refiner's gRPC face.</summary>
internal sealed class RefiningService(RefiningEngine engine, Readiness readiness) : Refining.RefiningBase
{
    public override async Task Refine(RefineRequest request, IServerStreamWriter<RefineEvent> responseStream, ServerCallContext context)
    {
        Flow.ImageRequest[] images = [.. request.Images.Select(FlowMapping.FromWire)];
        Flow.Draft[] drafts = [.. request.Drafts.Select(FlowMapping.FromWire)];
        var refined = await EventRelay.RunAsync<RefineProgress, RefinedBatch>(
            tell => engine.RefineAsync(request.Model, images, drafts, request.Preview, request.Progress || request.Preview ? tell : null, context.CancellationToken),
            progress => responseStream.WriteAsync(ToWire(progress)));
        var wire = new Refined();
        wire.Images.AddRange(refined.Images.Select(FlowMapping.ToWire));
        wire.Drafts.AddRange(refined.Drafts.Select(FlowMapping.ToWire));
        await responseStream.WriteAsync(new RefineEvent { Refined = wire });
    }

    public override async Task<EncodeResponse> Encode(EncodeRequest request, ServerCallContext context)
    {
        var image = (request.Image ?? throw new Flow.InvalidSettingException("image", "missing", "one")).FromWire();
        var response = new EncodeResponse();
        response.Features.AddRange((await engine.EncodeAsync(request.Model, image, context.CancellationToken)).Select(FlowMapping.ToWire));
        return response;
    }

    public override Task<StageStatus> Status(StatusRequest request, ServerCallContext context)
        => Task.FromResult(StageStatusMapping.ToWire(engine, readiness));

    private static RefineEvent ToWire(RefineProgress progress)
    {
        if (progress.Preview is null)
        {
            return new RefineEvent { ScalesDone = (uint)progress.ScalesDone };
        }

        var images = new Images();
        images.Images_.AddRange(progress.Preview.Select(FlowMapping.ToWire));
        return new RefineEvent { Preview = images };
    }
}
