using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Training;
using CoDe.Engine.Training.Running;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;

namespace CoDe.Cli.Train;

/// <summary><c>code train var</c>: a transformer, large or small.</summary>
internal static class TrainVarCommand
{
    private const int Deepest = 64;
    private const int LargestWidth = 65_536;

    private static readonly TrainingPlan Defaults = new(Epochs: 50, Batch: 32, BaseRate: 1e-4, WeightDecay: 0.05);

    public static Command Create()
    {
        var (training, transformer) = (new TrainingOptions(Defaults), new TransformerOptions());
        var scales = ListOption.Scales();
        var depth = NumberOption.Integer("--depth", "Number of blocks.", 16);
        var width = NumberOption.Integer<int>("--width", "Channels of a token. Default: 64 a block.");
        var heads = NumberOption.Integer<int>("--heads", "Attention heads. Default: one for 64 channels.");
        var command = new Command("var", "Train a transformer on the tokens of a VQVAE.")
        {
            scales, depth, width, heads,
        };
        transformer.AddTo(command);
        training.AddTo(command);
        command.SetAction((result, cancellation) =>
        {
            var settings = training.Read(result);
            using var vqvae = transformer.OpenVqvae(result);
            var blocks = Limits.InRange(depth.Name, result.GetValue(depth), Deepest);
            var (codes, _) = VqvaeConfig.Find(vqvae);
            var config = VarConfig.Published(
                blocks, settings.Images.Classes.Count, codes.Vocabulary, codes.CodeWidth) with
            {
                SharedAdaLn = false,
                Schedule = ListOption.ReadScales(result, scales),
            };
            config = Sized(config, result.GetValue(width) ?? config.Width, result.GetValue(heads));
            var facts = new Dictionary<string, string>
            {
                ["model"] = $"{config}",
                ["vqvae"] = TransformerOptions.DigestOfVqvae(vqvae),
                ["drop"] = FormattableString.Invariant($"{transformer.Dropped(result)}"),
            };
            var file = FormattableString.Invariant($"var_d{blocks}");
            new TrainingSession(settings, cancellation).Run(file, facts, (session, device) => TrainingTask.Var(
                device, config, new VarLessons(
                    vqvae, session.Tokens(vqvae, facts["vqvae"], config.Schedule), transformer.Dropped(result),
                    settings.Plan.Seed)));
            return Task.FromResult(0);
        });
        return command;
    }

    /// <exception cref="UsageException">The channels do not divide into the heads.</exception>
    private static VarConfig Sized(VarConfig config, int width, int? heads)
    {
        var each = Limits.InRange("--width", width, LargestWidth);
        var count = Limits.InRange("--heads", heads ?? Math.Max(1, each / VarConfig.PublishedHeadWidth), LargestWidth);
        return each % count == 0
            ? config with { Width = each, Heads = count, HiddenWidth = 4 * each }
            : throw new UsageException($"--width is {each}; allowed: a multiple of the {count} heads.");
    }
}
