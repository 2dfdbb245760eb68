using CoDe.Engine.Training.Data;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Training.Var;
using CoDe.Engine.Training.Vqvae;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Engine.Training;

/// <summary>
/// A model with what it learns from. It is made and used on one thread of <see cref="TrainingDevice.Run"/>.
/// </summary>
public sealed class TrainingTask : IDisposable
{
    private TrainingTask(ITraining training) => Training = training;

    internal ITraining Training { get; }

    /// <summary>A new VQVAE.</summary>
    /// <param name="pictures">All of the side that config and schedule give.</param>
    public static TrainingTask Vqvae(
        TrainingDevice device, VqvaeConfig config, ScaleSchedule schedule, IReadOnlyList<Image> pictures, ulong seed)
    {
        var parameters = ParameterSet.Create(
            config.Manifest(), new VqvaeInitialization(config, seed).Values, device.Device);
        return new TrainingTask(
            new VqvaeTraining(config, schedule, parameters, device.Compute, pictures, seed));
    }

    /// <summary>A new transformer, which learns the true tokens of all scales.</summary>
    public static TrainingTask Var(TrainingDevice device, VarConfig config, VarLessons lessons)
    {
        var first = new VarInitialization(config, lessons.Seed);
        var parameters = ParameterSet.Create(config.Manifest(), first.Values, device.Device);
        var network = new VarNetwork(config, parameters, device.Compute);
        return Var(device, network, new TruthObjective(config.Schedule.Count), lessons);
    }

    /// <summary>A large model as a drafter: it learns the true tokens of the first scales.</summary>
    /// <exception cref="InvalidSettingException">N is out of its range.</exception>
    /// <exception cref="CheckpointException">The checkpoint holds no VAR model.</exception>
    public static TrainingTask Drafter(
        TrainingDevice device, Checkpoint model, VarLessons lessons, int draftScales)
    {
        var network = Read(device, model, isTrained: true);
        CheckScales(network.Config.Schedule, draftScales);
        return Var(device, network, new TruthObjective(draftScales), lessons);
    }

    /// <summary>A small model as a refiner of a large one's drafts.</summary>
    /// <exception cref="InvalidSettingException">N is out of its range, or the teacher is of another kind.</exception>
    /// <exception cref="CheckpointException">A checkpoint holds no VAR model.</exception>
    public static TrainingTask Refiner(
        TrainingDevice device, Checkpoint model, Checkpoint teacher, VarLessons lessons, int draftScales)
    {
        var (network, large) = (Read(device, model, isTrained: true), Read(device, teacher, isTrained: false));
        var (small, big) = (network.Config, large.Config);
        CheckScales(small.Schedule, draftScales);
        if (Kind(big) is var kind && kind != Kind(small))
        {
            throw new InvalidSettingException("teacher", kind, $"a model of {Kind(small)}, as the refiner");
        }

        var objective = new DistillationObjective(small.Schedule, draftScales, large);
        return Var(device, network, objective, lessons, large, large.Parameters);
    }

    public void Dispose() => Training.Dispose();

    private static TrainingTask Var(
        TrainingDevice device, VarNetwork network, IVarObjective objective, VarLessons lessons,
        params IDisposable[] owned)
    {
        var (config, within) = VqvaeConfig.Find(lessons.Vqvae);
        var codes = ParameterSet.Read(lessons.Vqvae, within, config.Manifest(), device.Device, isTrained: false);
        var quantizer = new QuantizerNetwork(config, network.Config.Schedule, codes);
        var labels = new LabelDropout(lessons.DroppedLabels, network.Config.Classes, lessons.Seed);
        return new TrainingTask(
            new VarTraining(network, quantizer, lessons.Tokens, objective, labels, [.. owned, codes]));
    }

    private static VarNetwork Read(TrainingDevice device, Checkpoint model, bool isTrained)
    {
        var (config, within) = VarConfig.Find(model);
        var parameters = ParameterSet.Read(model, within, config.Manifest(), device.Device, isTrained: isTrained);
        return new VarNetwork(config, parameters, device.Compute);
    }

    private static string Kind(VarConfig config)
        => $"{config.Classes} classes, {config.Vocabulary} codes of {config.CodeWidth} channels, "
            + $"scales {config.Schedule}";

    private static void CheckScales(ScaleSchedule schedule, int draftScales)
    {
        if (draftScales < 1 || draftScales >= schedule.Count)
        {
            throw new InvalidSettingException(
                "steps", FormattableString.Invariant($"{draftScales}"),
                FormattableString.Invariant($"1 to {schedule.Count - 1} drafted scales"));
        }
    }
}

/// <summary>Data that a transformer learns from.</summary>
/// <param name="Vqvae">Of whose codes the tokens are.</param>
/// <param name="DroppedLabels">Share of the images that are learned without their label.</param>
public sealed record VarLessons(Checkpoint Vqvae, TokenSet Tokens, double DroppedLabels, ulong Seed);
