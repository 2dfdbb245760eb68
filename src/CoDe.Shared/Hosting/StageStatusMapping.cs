using CoDe.Protocol;
using CoDe.Protocol.V1;

namespace CoDe.Hosting;

/// <summary>What a stage tells of itself.</summary>
public static class StageStatusMapping
{
    public static StageStatus ToWire(Device device, int largestBatch, IEnumerable<StageModel> models)
    {
        var status = new StageStatus
        {
            Ready = true,
            Device = device.Backend.Description,
            Outstanding = (uint)device.Outstanding,
            LargestBatch = (uint)largestBatch,
            MemoryBytes = (ulong)Environment.WorkingSet,
            BusySeconds = device.Busy.TotalSeconds,
        };
        status.Models.AddRange(models.Select(ToWire));
        return status;
    }

    private static ServedModel ToWire(StageModel model)
    {
        var wire = new ServedModel
        {
            Name = model.Name,
            Classes = (uint)model.Weights.Config.Classes,
            ImageSide = (uint)model.Vqvae.Config.ImageSide(model.Schedule.FinalSide),
            Sampling = model.Sampling.ToWire(),
        };
        wire.Steps.AddRange(model.Steps.Select(step => (uint)step));
        wire.Sides.AddRange(model.Schedule.Sides.Select(side => (uint)side));
        wire.ClassNames.AddRange(model.Names.Known);
        return wire;
    }
}
