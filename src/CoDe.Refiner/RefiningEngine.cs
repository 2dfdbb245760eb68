using CoDe.Flow;
using CoDe.Hosting;
using CoDe.Vqvae;

namespace CoDe.Refiner;

/// <summary>What a refined batch came to.</summary>
/// <param name="Drafts">All scales, one an image.</param>
public sealed record RefinedBatch(IReadOnlyList<Image> Images, IReadOnlyList<Draft> Drafts);

/// <summary>What a refiner tells on its way: what the drafts look like, then the scales done so far.</summary>
public readonly record struct RefineProgress(IReadOnlyList<Image>? Preview, int ScalesDone);

/// <summary>The refiners of a device, one for each checkpoint, each with the VQVAE that makes its images.</summary>
public sealed class RefiningEngine : IDisposable
{
    private readonly Device _device;
    private readonly List<Refiner> _refiners = [];

    public RefiningEngine(Device device, StageOptions options)
    {
        _device = device;
        LargestBatch = options.LargestBatch;
        foreach (var model in ModelOptions.OrTiny([.. options.Models], TinyModel.Refiner))
        {
            var loaded = StageModel.Load(device, model, VqvaeParts.Decoder | VqvaeParts.Encoder);
            _refiners.Add(new Refiner(loaded, device, LargestBatch));
        }
    }

    public int LargestBatch { get; }

    public IEnumerable<StageModel> Models => _refiners.Select(refiner => refiner.Model);

    public Device Device => _device;

    /// <summary>Refines and decodes a batch once the device is free.</summary>
    /// <param name="drafts">One an image; those of all scales are only decoded.</param>
    /// <param name="preview">Whether the drafts are decoded first.</param>
    /// <param name="tell">Is called on the device's thread.</param>
    /// <exception cref="InvalidSettingException">A request, a draft or the batch is out of its range.</exception>
    public Task<RefinedBatch> RefineAsync(
        string model, IReadOnlyList<ImageRequest> images, IReadOnlyList<Draft> drafts, bool preview, Action<RefineProgress>? tell, CancellationToken cancellation)
    {
        var refiner = StageModel.Find(_refiners, each => each.Model, model, drafts.Count == 0 ? 0 : drafts[0].Scales);
        return _device.RunAsync(() => refiner.Run(images, drafts, preview, tell, cancellation), cancellation);
    }

    /// <summary>The feature map of an image after each scale.</summary>
    /// <exception cref="InvalidSettingException">The image has another size than the model's.</exception>
    public Task<IReadOnlyList<FeatureMap>> EncodeAsync(string model, Image image, CancellationToken cancellation)
    {
        var refiner = _refiners.FirstOrDefault(each => each.Model.Name == model) ?? throw new ModelNotServedException(model, Models.Select(each => each.Name));
        return _device.RunAsync(() => refiner.Encode(image), cancellation);
    }

    /// <summary>Refines an image with each checkpoint, so that the first request finds everything compiled.</summary>
    public void WarmUp() => _refiners.ForEach(refiner => refiner.WarmUp());

    public void Dispose() => _refiners.ForEach(refiner => refiner.Dispose());
}
