using CoDe.Engine.Compute;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Engine.Serving;

/// <summary>Maps the state of a stage to its status message.</summary>
public static class StageStatusMapping
{
    public static StageStatus ToWire<T>(StageEngine<T> engine, Readiness readiness)
        where T : class, ILoadedStage
    {
        var status = new StageStatus
        {
            Ready = readiness.IsReady,
            Loading = readiness.IsLoading,
            Device = engine.Device.Backend.Description,
            Outstanding = (uint)engine.Device.Outstanding,
            LargestBatch = (uint)engine.LargestBatch,
            MemoryBytes = (ulong)engine.Device.MemoryBytes,
            BusySeconds = engine.Device.Busy.TotalSeconds,
        };
        status.Models.AddRange(engine.Models.Select(model => ToWire(model, engine.Device.Backend)));
        return status;
    }

    private static ServedModel ToWire(StageModel model, IBackend backend)
    {
        var wire = new ServedModel
        {
            Name = model.Name,
            Classes = (uint)model.Weights.Config.Classes,
            ImageSide = (uint)model.Vqvae.Config.ImageSide(model.Schedule.FinalSide),
            Sampling = model.Sampling.ToWire(),
            WeightsDigest = model.WeightsDigest,
            Arithmetic = backend.Arithmetic,
            BatchDependent = backend.BitsDependOnBatch,
        };
        wire.Steps.AddRange(model.Steps.Select(step => (uint)step));
        wire.Sides.AddRange(model.Schedule.Sides.Select(side => (uint)side));
        wire.ClassNames.AddRange(model.Names.Known);
        return wire;
    }
}
