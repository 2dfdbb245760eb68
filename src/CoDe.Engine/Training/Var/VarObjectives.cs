using CoDe.Flow;
using static TorchSharp.torch;

namespace CoDe.Engine.Training.Var;

/// <summary>Inputs and targets of a pass over true scales.</summary>
/// <param name="Labels">(images), int64; some are dropped for guidance.</param>
/// <param name="Tokens">True tokens of the objective's scales: (images, positions), int64.</param>
/// <param name="Inputs">(images, positions - those of the first scale, code width)</param>
internal sealed record TeacherForcing(Tensor Labels, Tensor Tokens, Tensor Inputs);

/// <summary>Objective of a transformer.</summary>
internal interface IVarObjective
{
    /// <summary>The first scales, which it learns on; no later one is computed.</summary>
    int Scales { get; }

    /// <param name="progress">From 0 at the first step to 1 at the last.</param>
    Tensor Loss(VarNetwork network, TeacherForcing truth, double progress);
}

/// <summary>
/// Cross-entropy to the true tokens of the first scales: all of them for a model that decodes alone, N for a drafter.
/// </summary>
internal sealed class TruthObjective(int scales) : IVarObjective
{
    public int Scales => scales;

    public Tensor Loss(VarNetwork network, TeacherForcing truth, double progress)
        => Losses.CrossEntropy(network.Forward(truth.Labels, truth.Inputs, Scales), truth.Tokens).mean();
}

/// <summary>
/// Objective of a refiner, on all scales: the teacher's distribution with the weight lambda, and the true tokens with
/// the rest. Lambda is 1 on the scales that the refiner decodes. On those before, which it reads as a prefix, it falls
/// from 1 to 0 (arXiv 2411.17787).
/// </summary>
/// <param name="draftScales">N: scales that the drafter decodes.</param>
/// <param name="teacher">The large model, whose parameters are not trained.</param>
internal sealed class DistillationObjective(ScaleSchedule schedule, int draftScales, VarNetwork teacher) : IVarObjective
{
    public int Scales => schedule.Count;

    public Tensor Loss(VarNetwork network, TeacherForcing truth, double progress)
    {
        var logits = network.Forward(truth.Labels, truth.Inputs, Scales);
        var divergence = Losses.Divergence(logits, TeacherLogits(truth));
        var drafted = schedule.End(draftScales - 1);
        var lambda = 1 - progress;
        var prefix = divergence.narrow(1, 0, drafted).mul(lambda)
            .add(Losses.CrossEntropy(logits, truth.Tokens).narrow(1, 0, drafted).mul(1 - lambda));
        return cat([prefix, divergence.narrow(1, drafted, schedule.TotalTokens - drafted)], 1).mean();
    }

    private Tensor TeacherLogits(TeacherForcing truth)
    {
        using var gradients = no_grad();
        return teacher.Forward(truth.Labels, truth.Inputs, Scales);
    }
}
