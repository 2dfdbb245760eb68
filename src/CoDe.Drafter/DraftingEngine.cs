using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Drafter;

/// <summary>The drafters of a device, one for each checkpoint.</summary>
internal sealed class DraftingEngine(Device device, IReadOnlyList<ModelOptions> models, int largestBatch) : StageEngine<Drafter>(device, models, largestBatch)
{
    /// <summary>Drafts a batch once the device is free.</summary>
    /// <param name="scaleDone">Is told the scales done so far, on the device's thread.</param>
    /// <exception cref="InvalidSettingException">A request or the batch is out of its range.</exception>
    public Task<IReadOnlyList<Draft>> DraftAsync(string model, int steps, IReadOnlyList<ImageRequest> images, Action<int>? scaleDone, CancellationToken cancellation)
    {
        var drafter = Find(model, steps);
        return Device.RunAsync(() => drafter.Run(images, steps, scaleDone, cancellation), cancellation);
    }

    protected override Drafter Load(IBackend backend, ModelOptions model, int largestBatch)
        => new(StageModel.Load(backend, model, VqvaeParts.Quantizer), backend, largestBatch);
}
