using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoDe.Engine.Training.Running;

/// <summary>AdamW with the settings of the published training code.</summary>
internal sealed class Optimizer : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.95;

    /// <summary>Parts of the names of tensors that are not matrices though they have several dimensions.</summary>
    private static readonly string[] NotDecayed = ["pos_start", "pos_1LC", "lvl_embed", "ada_gss", "scale_mul"];

    private readonly AdamW _adam;
    private readonly (string Name, AdamW.State State)[] _states;

    public Optimizer(ParameterSet parameters, double weightDecay)
    {
        var groups = parameters.All.ToLookup(each => Decays(each.Key, each.Value));
        _adam = new AdamW(
            [Group(groups[true], weightDecay), Group(groups[false], 0)], lr: 0, beta1: Beta1, beta2: Beta2);
        var names = groups[true].Concat(groups[false]).Select(each => each.Key);
        _states = [.. names.Zip(_adam.state_dict().State.Cast<AdamW.State>())];
    }

    /// <summary>Both moments of every parameter: names and tensors.</summary>
    public IEnumerable<(string Name, Tensor Value)> Moments
        => _states.Select(each => ($"first.{each.Name}", each.State.exp_avg))
            .Concat(_states.Select(each => ($"second.{each.Name}", each.State.exp_avg_sq)));

    public void ClearGradients() => _adam.zero_grad();

    public void Step(double rate)
    {
        foreach (var group in _adam.ParamGroups)
        {
            group.LearningRate = rate;
        }

        _adam.step();
    }

    /// <summary>Goes on as if steps had been taken.</summary>
    public void Resume(long steps)
    {
        foreach (var (_, state) in _states)
        {
            state.step = steps;
        }
    }

    public void Dispose() => _adam.Dispose();

    private static AdamW.ParamGroup Group(IEnumerable<KeyValuePair<string, Parameter>> parameters, double weightDecay)
        => new([.. parameters.Select(each => each.Value)], new AdamW.Options { weight_decay = weightDecay });

    private static bool Decays(string name, Parameter parameter)
        => parameter.dim() > 1 && !Array.Exists(NotDecayed, part => name.Contains(part, StringComparison.Ordinal));
}
