using System.CommandLine;
using CoDe.Cli.Options;

namespace CoDe.Cli.Sample;

/// <summary><c>code sample</c>: the images of an evaluation, class by class, and one <c>.npz</c> of them all.</summary>
internal static class SampleCommand
{
    private const int LargestBatch = 256;

    public static Command Create()
    {
        var (models, sampling, device) = (new ModelOptions(), new SamplingOptions(), new DeviceOptions());
        var perClass = NumberOption.Integer("--per-class", "Images of each class.", 50);
        var labels = new Option<string[]>("--label") { Description = "Only these classes. Default: all." };
        var seed = NumberOption.Integer("--seed", "Seed of all images; each has its own noise.", 0UL);
        var batch = NumberOption.Integer("--batch", "Images decoded together. No image depends on it.", 8);
        var output = OutputOption.Create("Folder for the images; the .npz goes beside it.");
        var command = new Command("sample", "Decode the images of an evaluation (FID), resuming where it was stopped.")
        {
            perClass, labels, seed, batch, output,
        };
        models.AddTo(command);
        sampling.AddTo(command);
        device.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            var choice = models.Read(result);
            var plan = new SamplePlan(
                choice, sampling.Read(result, choice),
                result.GetValue(labels) ?? [],
                Limits.InRange("--per-class", result.GetValue(perClass), 1_000_000), result.GetValue(seed),
                Limits.InRange("--batch", result.GetValue(batch), LargestBatch), result.GetValue(output)!);
            using var backend = device.Create(result);
            Sampler.Run(backend, plan, cancellation);
            return Task.FromResult(0);
        });
        return command;
    }
}

/// <param name="Labels">As the user wrote them; empty for all classes.</param>
/// <param name="PerClass">Images of each class.</param>
internal sealed record SamplePlan(
    ModelChoice Models, Flow.SamplingSettings Sampling, IReadOnlyList<string> Labels,
    int PerClass, ulong Seed, int Batch, string Output);
