using CoDe.Engine.Compute;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Serving;

/// <summary>Which checkpoints make up a decoder.</summary>
/// <param name="Refiner">Null to decode with the drafter alone.</param>
public sealed record ModelNames(string Drafter, string? Refiner, string Vqvae)
{
    public static ModelNames Tiny { get; } = new(TinyModel.Drafter, TinyModel.Refiner, TinyModel.Vqvae);
}

/// <summary>A drafter, a refiner and a VQVAE that fit together, on one device.</summary>
public sealed class LoadedModels : IDisposable
{
    private LoadedModels(IBackend backend, ModelNames names, VqvaeParts parts)
    {
        try
        {
            Drafter = LoadTransformer(backend, names.Drafter);
            Refiner = names.Refiner is null ? null : LoadTransformer(backend, names.Refiner);
            Vqvae = LoadVqvae(backend, names.Vqvae, parts);
            Check(names);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VarWeights Drafter { get; }

    public VarWeights? Refiner { get; }

    public VqvaeWeights Vqvae { get; }

    /// <exception cref="CheckpointException">A checkpoint cannot be used, or they do not fit together.</exception>
    public static LoadedModels Load(IBackend backend, ModelNames names, VqvaeParts parts = VqvaeParts.Decoder)
        => new(backend, names, parts);

    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    public static VarWeights LoadTransformer(IBackend backend, string model)
        => Load(model, checkpoint => VarWeights.Load(backend, checkpoint));

    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    public static VqvaeWeights LoadVqvae(IBackend backend, string model, VqvaeParts parts)
        => Load(model, checkpoint => VqvaeWeights.Load(backend, checkpoint, parts));

    /// <exception cref="CheckpointException">The transformer's codes are not the VQVAE's.</exception>
    public static void CheckFit(string model, VarConfig config, string vqvaeName, VqvaeConfig vqvae)
    {
        if (config.Vocabulary != vqvae.Vocabulary || config.CodeWidth != vqvae.CodeWidth)
        {
            throw new CheckpointException(
                $"{model} and {vqvaeName} do not fit together: {config.Vocabulary} codes "
                + $"of {config.CodeWidth} channels and {vqvae.Vocabulary} of {vqvae.CodeWidth}.");
        }
    }

    /// <summary>
    /// Computes the digest of a transformer and its VQVAE. Replicas with the same digest serve the same weights.
    /// </summary>
    /// <exception cref="CheckpointException">A checkpoint cannot be read.</exception>
    public static string DigestOf(string transformer, string vqvae)
    {
        using var var = ModelSource.Open(transformer);
        using var codes = ModelSource.Open(vqvae);
        var varPrefix = var.FindPrefix(VarConfig.Marker) ?? "";
        var codesPrefix = codes.FindPrefix(VqvaeConfig.Marker) ?? "";
        return WeightDigest.Combine(
            WeightDigest.Of(var, varPrefix, VarConfig.Read(var, varPrefix).Manifest()),
            WeightDigest.Of(codes, codesPrefix, VqvaeConfig.Read(codes, codesPrefix).Manifest()));
    }

    public void Dispose()
    {
        Drafter?.Dispose();
        Refiner?.Dispose();
        Vqvae?.Dispose();
    }

    private static T Load<T>(string model, Func<Checkpoint, T> load)
    {
        using var checkpoint = ModelSource.Open(model);
        return load(checkpoint);
    }

    private static string Describe(VarConfig config)
        => $"{config.Vocabulary} x {config.CodeWidth}, {config.Classes}, {config.Schedule}";

    private void Check(ModelNames names)
    {
        var drafter = Drafter.Config;
        CheckFit(names.Drafter, drafter, names.Vqvae, Vqvae.Config);
        if (Refiner?.Config is { } refiner
            && (refiner.Vocabulary != drafter.Vocabulary || refiner.CodeWidth != drafter.CodeWidth
                || refiner.Classes != drafter.Classes || !refiner.Schedule.Equals(drafter.Schedule)))
        {
            throw new CheckpointException(
                $"{names.Drafter} and {names.Refiner} do not fit together: they differ in codes, classes or scales "
                + $"({Describe(drafter)} and {Describe(refiner)}).");
        }
    }
}
