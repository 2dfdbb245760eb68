using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Drafter;

/// <summary>The drafters of a device, one for each checkpoint.</summary>
internal sealed class DraftingEngine(
    Device device, IReadOnlyList<ModelOptions> models, int largestBatch, StageMetrics metrics)
    : StageEngine<Drafter>("drafter", device, models, largestBatch, metrics)
{
    /// <summary>Drafts a batch once the device is free.</summary>
    /// <param name="scaleDone">Called on the device's thread with the scales done so far.</param>
    /// <exception cref="InvalidSettingException">A request or the batch is out of its range.</exception>
    public Task<IReadOnlyList<Draft>> DraftAsync(
        string model, int steps, IReadOnlyList<ImageRequest> images,
        Action<int>? scaleDone, CancellationToken cancellation)
    {
        var drafter = Find(model, steps);
        drafter.Validate(images, steps);
        return RunBatchAsync(
            drafter,
            images.Count,
            batch => drafter.Run(
                images,
                steps,
                scales =>
                {
                    batch.EndScale(scales);
                    scaleDone?.Invoke(scales);
                },
                cancellation),
            Urgency.Beginning,
            cancellation);
    }

    protected override Drafter Load(IBackend backend, ModelOptions model, int largestBatch)
        => new(StageModel.Load(backend, model, VqvaeParts.Quantizer), backend, largestBatch);
}
