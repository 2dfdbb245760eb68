using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Refiner;

/// <summary>A batch of finished images.</summary>
/// <param name="Drafts">All scales, one an image.</param>
public sealed record RefinedBatch(IReadOnlyList<Image> Images, IReadOnlyList<Draft> Drafts);

/// <summary>Progress of a batch: decoded drafts first, then the scales done so far.</summary>
/// <param name="Previews">The images that want one, by position; null where a scale is done.</param>
public readonly record struct RefineProgress(IReadOnlyList<(int Position, Image Image)>? Previews, int ScalesDone);

/// <summary>The refiners of a device, one for each checkpoint, each with the VQVAE that makes its images.</summary>
internal sealed class RefiningEngine(
    Device device, IReadOnlyList<ModelOptions> models, int largestBatch, StageMetrics metrics)
    : StageEngine<Refiner>("refiner", device, models, largestBatch, metrics)
{
    /// <summary>
    /// Refines and decodes a batch once the device is free, before drafts that wait for the same device.
    /// </summary>
    /// <param name="tell">Called on the device's thread.</param>
    /// <exception cref="InvalidSettingException">A request, a draft or the batch is out of its range.</exception>
    public Task<RefinedBatch> RefineAsync(
        string model, RefineBatch batch, Action<RefineProgress>? tell, CancellationToken cancellation)
    {
        var refiner = Find(model, batch.Drafts[0].Scales);
        refiner.Validate(batch);
        return RunBatchAsync(
            refiner,
            batch.Images.Count,
            measured => refiner.Run(
                batch,
                progress =>
                {
                    Measure(measured, progress);
                    tell?.Invoke(progress);
                },
                cancellation),
            Urgency.Finishing,
            cancellation);
    }

    /// <summary>The feature map of an image after each scale.</summary>
    /// <exception cref="InvalidSettingException">The image has another size than the model's.</exception>
    public Task<IReadOnlyList<FeatureMap>> EncodeAsync(string model, Image image, CancellationToken cancellation)
    {
        var refiner = Find(model)[0];
        refiner.Validate(image);
        return Device.RunAsync(() => refiner.Encode(image), cancellation);
    }

    private static void Measure(StageMetrics.Batch batch, RefineProgress progress)
    {
        if (progress.Previews is null)
        {
            batch.EndScale(progress.ScalesDone);
        }
        else
        {
            batch.BeginScale();
        }
    }

    protected override Refiner Load(IBackend backend, ModelOptions model, int largestBatch)
        => new(StageModel.Load(backend, model, VqvaeParts.Decoder | VqvaeParts.Encoder), backend, largestBatch);
}
