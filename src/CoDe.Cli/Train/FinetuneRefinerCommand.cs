using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Training.Running;

namespace CoDe.Cli.Train;

/// <summary><c>code finetune refiner</c>: the small model, from the large one's distributions.</summary>
internal static class FinetuneRefinerCommand
{
    /// <summary>The paper's: 25 % of the 200 epochs of VAR-d16, 1024 pictures a step.</summary>
    private static readonly TrainingPlan Defaults = new(
        Epochs: 50, Batch: 32, Accumulation: 32, BaseRate: 1e-5, WeightDecay: 0);

    public static Command Create()
    {
        var (training, transformer) = (new TrainingOptions(Defaults), new TransformerOptions());
        var model = new Option<string>("--model") { Description = "Checkpoint of the small model.", Required = true };
        var teacher = new Option<string>("--teacher")
        {
            Description = "Checkpoint of the large model, which it learns from.",
            Required = true,
        };
        var steps = NumberOption.Integer("--steps", "N: scales that the drafter decodes.", 8);
        var command = new Command("refiner", "Fine-tune the small model on the scales after the first N.")
        {
            model, teacher, steps,
        };
        transformer.AddTo(command);
        training.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            transformer.Finetune(
                result, training.Read(result), "refiner", result.GetValue(model)!, result.GetValue(teacher)!,
                result.GetValue(steps), cancellation);
            return Task.FromResult(0);
        });
        return command;
    }
}
