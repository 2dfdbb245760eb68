using CoDe.Engine.Training.Data;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Training.Vqvae;
using static TorchSharp.torch;

namespace CoDe.Engine.Training.Var;

/// <summary>Trains a transformer on token maps.</summary>
/// <param name="quantizer">Turns tokens into inputs.</param>
/// <param name="owned">What to dispose of with it.</param>
internal sealed class VarTraining(
    VarNetwork network, QuantizerNetwork quantizer, TokenSet tokens, IVarObjective objective, LabelDropout labels,
    params IDisposable[] owned) : ITraining
{
    private readonly int _positions = network.Config.Schedule.End(objective.Scales - 1);

    public ParameterSet Parameters => network.Parameters;

    public IReadOnlyDictionary<string, Tensor> Buffers { get; } = new Dictionary<string, Tensor>();

    public int Images => tokens.Count;

    public void Prepare(TrainingBatch batch)
    {
    }

    public Tensor Loss(TrainingBatch batch)
        => objective.Loss(network, Truth(batch), batch.Progress);

    /// <summary>Buffers of the published module, which its code loads strictly.</summary>
    public IReadOnlyDictionary<string, Tensor> Constants()
    {
        var (config, schedule) = (network.Config, network.Config.Schedule);
        float[] levels = [.. Enumerable.Range(0, schedule.Count)
            .SelectMany(scale => Enumerable.Repeat((float)scale, schedule.Tokens(scale)))];
        var constants = new Dictionary<string, Tensor>
        {
            ["lvl_1L"] = tensor(levels, [1, levels.Length]),
            ["attn_bias_for_masking"] = network.Mask.unsqueeze(0).unsqueeze(0),
        };
        for (var block = 0; block < config.Depth; block++)
        {
            constants[FormattableString.Invariant($"blocks.{block}.attn.zero_k_bias")] = zeros(config.Width);
        }

        return constants;
    }

    public void Dispose()
    {
        network.Dispose();
        network.Parameters.Dispose();
        quantizer.Dispose();
        foreach (var each in owned)
        {
            each.Dispose();
        }
    }

    private TeacherForcing Truth(TrainingBatch batch)
    {
        using var gradients = no_grad();
        var (images, device) = (batch.Images.Length, Parameters.Device);
        var maps = new long[images * _positions];
        for (var i = 0; i < maps.Length; i++)
        {
            maps[i] = tokens.Tokens(batch.Images[i / _positions])[i % _positions];
        }

        long[] classes = [.. batch.Images.Select((image, i) => (long)labels.Of(tokens.Label(image), batch.First + i))];
        var truth = tensor(maps, [images, _positions], device: device);
        return new TeacherForcing(tensor(classes, device: device), truth, quantizer.Inputs(truth, objective.Scales));
    }
}

/// <summary>Replaces labels by the unconditional one, which guidance needs.</summary>
/// <param name="share">Share of the images whose label is dropped.</param>
/// <param name="unconditional">The unconditional label.</param>
internal sealed class LabelDropout(double share, int unconditional, ulong seed)
{
    /// <param name="place">Images that the run took before.</param>
    public int Of(int label, long place)
    {
        var random = new CounterRandom(seed, RandomPurpose.DroppedLabels, (ulong)place);
        return random.Uniform(0) < share ? unconditional : label;
    }
}
