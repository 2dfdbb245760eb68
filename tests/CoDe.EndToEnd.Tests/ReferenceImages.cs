using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Flow;

namespace CoDe.EndToEnd;

/// <summary>Images of the demonstration model, decoded in this process without a service.</summary>
internal sealed class ReferenceImages : IDisposable
{
    private readonly IBackend _backend = new DeviceOptions().Create();
    private readonly LoadedModels _models;

    public ReferenceImages() => _models = LoadedModels.Load(_backend, ModelNames.Tiny);

    /// <returns>What the drafts look like, and the images: one of each label.</returns>
    public (IReadOnlyList<Image> Previews, IReadOnlyList<Image> Images) Decode(
        ulong seed, int steps, params string[] labels)
    {
        var names = ClassNames.Beside(TinyModel.Drafter, _models.Drafter.Config.Classes);
        ImageRequest[] requests = [.. labels
            .Select((label, index) => new ImageRequest(names.Parse(label), seed, (uint)index, TinyModel.Sampling))];
        using var decoder = new LocalDecoder(
            _backend, _models.Drafter, _models.Refiner, _models.Vqvae, steps, labels.Length);
        IReadOnlyList<Image> previews = [];
        var decoded = decoder.Run(
            requests, (scale, features) => previews = scale == steps - 1 ? decoder.Preview(features()) : previews);
        return (previews, decoded.Images);
    }

    public void Dispose()
    {
        _models.Dispose();
        _backend.Dispose();
    }
}
