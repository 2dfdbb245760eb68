using CoDe.Engine.Compute;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using CoDe.Hosting.Options;

namespace CoDe.Engine.Serving;

/// <summary>A checkpoint on a device, and the N it serves.</summary>
public sealed class StageModel : IDisposable
{
    private StageModel(
        ModelOptions options, VarWeights weights, VqvaeWeights vqvae, SamplingSettings sampling, string digest)
    {
        (Name, Weights, Vqvae, Sampling, WeightsDigest) = (options.Name, weights, vqvae, sampling, digest);
        var scales = weights.Config.Schedule.Count;
        Steps = options.Steps.Count > 0 ? [.. options.Steps.Order()] : [.. Enumerable.Range(1, scales)];
        Names = ClassNames.Beside(options.Checkpoint, weights.Config.Classes);
        OptionsException.ThrowIfAny(options.Steps
            .Where(step => step > scales)
            .Select(step => $"{options.Name}: Steps has {step}; the checkpoint has {scales} scales"));
    }

    public string Name { get; }

    public VarWeights Weights { get; }

    public VqvaeWeights Vqvae { get; }

    /// <summary>Gets the digest of the transformer and the VQVAE together.</summary>
    public string WeightsDigest { get; }

    /// <summary>Served values of N in ascending order; N = K is decoding with one model alone.</summary>
    public IReadOnlyList<int> Steps { get; }

    public SamplingSettings Sampling { get; }

    public ClassNames Names { get; }

    public ScaleSchedule Schedule => Weights.Config.Schedule;

    /// <exception cref="Weights.CheckpointException">A file cannot be used, or the two do not fit together.</exception>
    public static StageModel Load(IBackend backend, ModelOptions options, VqvaeParts parts)
    {
        VarWeights? weights = null;
        VqvaeWeights? vqvae = null;
        try
        {
            weights = LoadedModels.LoadTransformer(backend, options.Checkpoint);
            vqvae = LoadedModels.LoadVqvae(backend, options.Vqvae, parts);
            LoadedModels.CheckFit(options.Checkpoint, weights.Config, options.Vqvae, vqvae.Config);
            var isTiny = options.Checkpoint == TinyModel.Drafter || options.Checkpoint == TinyModel.Refiner;

            // The digest is of all values, which a plan does not read.
            var digest = backend is IMemoryPlan ? "" : LoadedModels.DigestOf(options.Checkpoint, options.Vqvae);
            return new StageModel(
                options, weights, vqvae, isTiny ? TinyModel.Sampling : SamplingSettings.Code, digest);
        }
        catch
        {
            weights?.Dispose();
            vqvae?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Weights.Dispose();
        Vqvae.Dispose();
    }
}
