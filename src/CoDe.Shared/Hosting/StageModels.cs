using CoDe.Flow;
using CoDe.Var;
using CoDe.Vqvae;

namespace CoDe.Hosting;

/// <summary>A checkpoint on a device, and the N it serves.</summary>
public sealed class StageModel : IDisposable
{
    private StageModel(ModelOptions options, VarWeights weights, VqvaeWeights vqvae, SamplingSettings sampling)
    {
        (Name, Weights, Vqvae, Sampling) = (options.Name, weights, vqvae, sampling);
        var scales = weights.Config.Schedule.Count;
        Steps = options.Steps.Count > 0 ? [.. options.Steps.Order()] : [.. Enumerable.Range(1, scales)];
        Names = ClassNames.Beside(options.Checkpoint, weights.Config.Classes);
        OptionsException.ThrowIfAny(options.Steps.Where(step => step > scales).Select(step => $"{options.Name}: Steps has {step}; the checkpoint has {scales} scales"));
    }

    public string Name { get; }

    public VarWeights Weights { get; }

    public VqvaeWeights Vqvae { get; }

    /// <summary>In rising order; N = K is decoding with one model alone.</summary>
    public IReadOnlyList<int> Steps { get; }

    public SamplingSettings Sampling { get; }

    public ClassNames Names { get; }

    public ScaleSchedule Schedule => Weights.Config.Schedule;

    /// <exception cref="Weights.CheckpointException">A file cannot be used, or the two do not fit together.</exception>
    public static StageModel Load(Device device, ModelOptions options, VqvaeParts parts)
    {
        VarWeights? weights = null;
        VqvaeWeights? vqvae = null;
        try
        {
            using (var checkpoint = ModelSource.Open(options.Checkpoint))
            {
                weights = VarWeights.Load(device.Backend, checkpoint);
            }

            using (var checkpoint = ModelSource.Open(options.Vqvae))
            {
                vqvae = VqvaeWeights.Load(device.Backend, checkpoint, parts);
            }

            LoadedModels.CheckFit(options.Checkpoint, weights.Config, options.Vqvae, vqvae.Config);
            return new StageModel(options, weights, vqvae, options.Checkpoint == TinyModel.Drafter || options.Checkpoint == TinyModel.Refiner ? TinyModel.Sampling : SamplingSettings.Code);
        }
        catch
        {
            weights?.Dispose();
            vqvae?.Dispose();
            throw;
        }
    }

    /// <summary>The model that a request means.</summary>
    /// <exception cref="ModelNotServedException">None has the name.</exception>
    /// <exception cref="StepsNotServedException">None of the name serves that N.</exception>
    public static T Find<T>(IReadOnlyList<T> models, Func<T, StageModel> model, string name, int steps)
    {
        var named = models.Where(each => model(each).Name == name).ToArray();
        return named.Length == 0 ? throw new ModelNotServedException(name, models.Select(each => model(each).Name))
            : named.FirstOrDefault(each => model(each).Steps.Contains(steps)) ?? throw new StepsNotServedException(name, steps, named.SelectMany(each => model(each).Steps));
    }

    public void Dispose()
    {
        Weights.Dispose();
        Vqvae.Dispose();
    }
}
