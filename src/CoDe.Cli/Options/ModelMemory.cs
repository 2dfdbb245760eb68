using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Cli.Options;

/// <summary>Memory of the models of a command.</summary>
internal static class ModelMemory
{
    /// <param name="most">The most images that there are, of so many classes.</param>
    /// <exception cref="OutOfDeviceMemoryException">The models do not fit the device.</exception>
    public static void Check(IBackend backend, ModelChoice models, VqvaeParts parts, int batch, Func<int, int> most)
        => MemoryCheck.Run(backend, "--batch", batch, (plan, images) => Decode(plan, models, parts, images, most));

    private static void Decode(IBackend plan, ModelChoice models, VqvaeParts parts, int batch, Func<int, int> most)
    {
        using var loaded = LoadedModels.Load(plan, models.Names, parts);
        var images = Math.Clamp(most(loaded.Drafter.Config.Classes), 1, batch);
        using var decoder = new LocalDecoder(
            plan, loaded.Drafter, loaded.Refiner, loaded.Vqvae, models.Steps, images);
        decoder.Run([.. Enumerable.Repeat(new ImageRequest(0, 0, 0, SamplingSettings.Code), images)]);
    }
}
