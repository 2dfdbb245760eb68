using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Refiner;

/// <summary>What a refined batch came to.</summary>
/// <param name="Drafts">All scales, one an image.</param>
public sealed record RefinedBatch(IReadOnlyList<Image> Images, IReadOnlyList<Draft> Drafts);

/// <summary>What a refiner tells on its way: what the drafts look like, then the scales done so far.</summary>
public readonly record struct RefineProgress(IReadOnlyList<Image>? Preview, int ScalesDone);

/// <summary>The refiners of a device, one for each checkpoint, each with the VQVAE that makes its images.</summary>
internal sealed class RefiningEngine(Device device, IReadOnlyList<ModelOptions> models, int largestBatch) : StageEngine<Refiner>(device, models, largestBatch)
{
    /// <summary>Refines and decodes a batch once the device is free, before drafts that wait for the same device.</summary>
    /// <param name="drafts">One an image; those of all scales are only decoded.</param>
    /// <param name="preview">Whether the drafts are decoded first.</param>
    /// <param name="tell">Is called on the device's thread.</param>
    /// <exception cref="InvalidSettingException">A request, a draft or the batch is out of its range.</exception>
    public Task<RefinedBatch> RefineAsync(
        string model, IReadOnlyList<ImageRequest> images, IReadOnlyList<Draft> drafts, bool preview, Action<RefineProgress>? tell, CancellationToken cancellation)
    {
        var refiner = Find(model, drafts.Count == 0 ? 0 : drafts[0].Scales);
        return Device.RunAsync(() => refiner.Run(images, drafts, preview, tell, cancellation), cancellation, Urgency.Finishing);
    }

    /// <summary>The feature map of an image after each scale.</summary>
    /// <exception cref="InvalidSettingException">The image has another size than the model's.</exception>
    public Task<IReadOnlyList<FeatureMap>> EncodeAsync(string model, Image image, CancellationToken cancellation)
    {
        var refiner = Find(model)[0];
        return Device.RunAsync(() => refiner.Encode(image), cancellation);
    }

    protected override Refiner Load(IBackend backend, ModelOptions model, int largestBatch)
        => new(StageModel.Load(backend, model, VqvaeParts.Decoder | VqvaeParts.Encoder), backend, largestBatch);
}
