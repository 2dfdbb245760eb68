using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Training;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Vqvae;

namespace CoDe.Cli.Train;

/// <summary><c>code train vqvae</c>: the tokenizer.</summary>
internal static class TrainVqvaeCommand
{
    private const int LargestVocabulary = 65_536;
    private const int LargestWidth = 1024;

    /// <summary>Channels that the norms divide into groups.</summary>
    private const int WidthMultiple = 32;

    private static readonly TrainingPlan Defaults = new(
        Epochs: 50, Batch: 32, BaseRate: 2e-3, WeightDecay: 0, Clip: 1, Average: 0.99);

    public static Command Create()
    {
        var training = new TrainingOptions(Defaults);
        var scales = ListOption.Scales();
        var vocabulary = NumberOption.Integer("--vocabulary", "Number of codes.", 4096);
        var codeWidth = NumberOption.Integer("--code-width", "Channels of a code.", 32);
        var widths = ListOption.Create(
            "--widths", "Channels at each resolution, the picture's own first; each has half the side.", "32,64,64");
        var blocks = NumberOption.Integer("--blocks", "ResNet blocks a resolution.", 2);
        var command = new Command("vqvae", "Train a VQVAE, whose last scale has the side of its lowest resolution.")
        {
            scales, vocabulary, codeWidth, widths, blocks,
        };
        training.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            var settings = training.Read(result);
            var schedule = ListOption.ReadScales(result, scales);
            var channels = ListOption.Read(result, widths, LargestWidth);
            if (Array.Find(channels, width => width % WidthMultiple != 0) is > 0 and var odd)
            {
                throw new UsageException($"{widths.Name} has {odd}; allowed: multiples of {WidthMultiple}.");
            }

            var config = new VqvaeConfig(
                Limits.InRange(vocabulary.Name, result.GetValue(vocabulary), LargestVocabulary),
                Limits.InRange(codeWidth.Name, result.GetValue(codeWidth), LargestWidth),
                channels[0], channels, Limits.InRange(blocks.Name, result.GetValue(blocks), 8),
                VqvaeConfig.Published.ConvolutionKernel, VqvaeConfig.Published.ResidualConvolutions,
                ResidualSharing.Partial);
            var facts = new Dictionary<string, string>
            {
                ["model"] = FormattableString.Invariant(
                    $"{config.Vocabulary} codes of {config.CodeWidth}, widths {string.Join(',', channels)}, ")
                    + FormattableString.Invariant($"blocks {config.Blocks}, scales {schedule}"),
            };
            var side = config.ImageSide(schedule.FinalSide);
            new TrainingSession(settings, cancellation).Run("vqvae", facts, (_, device) => TrainingTask.Vqvae(
                device, config, schedule,
                [.. Enumerable.Range(0, settings.Images.Images.Count).Select(i => settings.Images.Read(i, side))],
                settings.Plan.Seed));
            return Task.FromResult(0);
        });
        return command;
    }
}
