using System.CommandLine;
using CoDe.Cli.Options;
using CoDe.Engine.Serving;
using CoDe.Engine.Training;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Cli.Train;

/// <summary>Options of trainings of transformers.</summary>
internal sealed class TransformerOptions
{
    private readonly Option<string> _vqvae = new("--vqvae")
    {
        Description = "Checkpoint of the VQVAE that makes the tokens.",
        Required = true,
    };

    private readonly Option<double> _dropped = NumberOption.Real(
        "--drop", "Share of the pictures that are learned without their label, for guidance.", 0.1);

    public void AddTo(Command command)
    {
        command.Add(_vqvae);
        command.Add(_dropped);
    }

    public Checkpoint OpenVqvae(ParseResult result) => ModelSource.Open(result.GetValue(_vqvae)!);

    public double Dropped(ParseResult result) => TrainingOptions.Within(result, _dropped, 0, 1);

    /// <summary>Fine-tunes a model for N scales.</summary>
    /// <param name="name">File of the model, without its ending and N.</param>
    /// <param name="teacherPath">Null for a drafter, which has no teacher.</param>
    public void Finetune(
        ParseResult result, TrainingSettings settings, string name, string modelPath, string? teacherPath, int steps,
        CancellationToken cancellation)
    {
        using var vqvae = OpenVqvae(result);
        using var model = ModelSource.Open(modelPath);
        using var teacher = teacherPath is null ? null : ModelSource.Open(teacherPath);
        var (config, _) = VarConfig.Find(model);
        CheckFits(config, VqvaeConfig.Find(vqvae).Config, settings);
        var facts = new Dictionary<string, string>
        {
            ["model"] = Digest(model),
            ["vqvae"] = DigestOfVqvae(vqvae),
            ["steps"] = FormattableString.Invariant($"{steps}"),
            ["drop"] = FormattableString.Invariant($"{Dropped(result)}"),
        };
        if (teacher is not null)
        {
            facts["teacher"] = Digest(teacher);
        }

        var file = FormattableString.Invariant($"{name}_{steps}");
        new TrainingSession(settings, cancellation).Run(file, facts, (session, device) =>
        {
            var tokens = session.Tokens(vqvae, facts["vqvae"], config.Schedule);
            var lessons = new VarLessons(vqvae, tokens, Dropped(result), settings.Plan.Seed);
            return teacher is null
                ? TrainingTask.Drafter(device, model, lessons, steps)
                : TrainingTask.Refiner(device, model, teacher, lessons, steps);
        });
    }

    public static string DigestOfVqvae(Checkpoint vqvae)
    {
        var (config, within) = VqvaeConfig.Find(vqvae);
        return WeightDigest.Of(vqvae, within, config.Manifest());
    }

    private static string Digest(Checkpoint var)
    {
        var (config, within) = VarConfig.Find(var);
        return WeightDigest.Of(var, within, config.Manifest());
    }

    /// <exception cref="InvalidSettingException">The model has other codes or fewer classes.</exception>
    private static void CheckFits(VarConfig config, VqvaeConfig codes, TrainingSettings settings)
    {
        if ((codes.Vocabulary, codes.CodeWidth) != (config.Vocabulary, config.CodeWidth))
        {
            throw new InvalidSettingException(
                "--vqvae", $"one of {codes.Vocabulary} codes of {codes.CodeWidth} channels",
                $"{config.Vocabulary} codes of {config.CodeWidth} channels, as the model has");
        }

        if (settings.Images.Classes.Count > config.Classes)
        {
            throw new InvalidSettingException(
                "--data", $"{settings.Images.Classes.Count} classes", $"at most the model's {config.Classes}");
        }
    }
}
