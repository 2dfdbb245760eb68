using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Training.Running;

namespace CoDe.Cli.Train;

/// <summary><c>code finetune drafter</c>: the large model, on the scales that it drafts.</summary>
internal static class FinetuneDrafterCommand
{
    /// <summary>The paper's: 5 % of the 350 epochs of VAR-d30, 1024 pictures a step.</summary>
    private static readonly TrainingPlan Defaults = new(
        Epochs: 17.5, Batch: 32, Accumulation: 32, BaseRate: 1e-6, WeightDecay: 0.08);

    public static Command Create()
    {
        var (training, transformer) = (new TrainingOptions(Defaults), new TransformerOptions());
        var model = new Option<string>("--model") { Description = "Checkpoint of the large model.", Required = true };
        var steps = NumberOption.Integer("--steps", "N: scales that it will draft.", 8);
        var command = new Command("drafter", "Fine-tune the large model on the first N scales.") { model, steps };
        transformer.AddTo(command);
        training.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            transformer.Finetune(
                result, training.Read(result), "drafter", result.GetValue(model)!, teacherPath: null,
                result.GetValue(steps), cancellation);
            return Task.FromResult(0);
        });
        return command;
    }
}
