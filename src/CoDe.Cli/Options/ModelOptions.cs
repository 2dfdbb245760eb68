using System.CommandLine;
using CoDe.Engine.Serving;

namespace CoDe.Cli.Options;

/// <summary>Which models decode, and which share of the scales each takes.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> _drafter = new("--drafter")
    {
        Description = "Checkpoint of the large model, or synthetic:d30. Default: the demonstration model.",
    };

    private readonly Option<string?> _refiner = new("--refiner")
    {
        Description = "Checkpoint of the small model, or synthetic:d16.",
    };

    private readonly Option<string?> _vqvae = new("--vqvae")
    {
        Description = "Checkpoint of the VQVAE, or synthetic:vqvae.",
    };

    private readonly Option<int> _steps = NumberOption.Integer(
        "--steps", "N: scales that the drafter decodes; the refiner takes the rest.", 8);

    private readonly Option<string> _mode = new("--mode")
    {
        Description = "code: drafter and refiner. var: the drafter alone.",
        DefaultValueFactory = _ => "code",
    };

    public void AddTo(Command command)
    {
        _mode.AcceptOnlyFromAmong("code", "var");
        command.Add(_drafter);
        command.Add(_refiner);
        command.Add(_vqvae);
        command.Add(_steps);
        command.Add(_mode);
    }

    public ModelChoice Read(ParseResult result)
    {
        var (drafter, refiner, vqvae) = (result.GetValue(_drafter), result.GetValue(_refiner), result.GetValue(_vqvae));
        var alone = result.GetValue(_mode) == "var";
        var tiny = drafter is null && refiner is null && vqvae is null;
        if (tiny)
        {
            (drafter, refiner, vqvae) = (TinyModel.Drafter, TinyModel.Refiner, TinyModel.Vqvae);
        }

        var isSynthetic = drafter?.StartsWith(ModelSource.Synthetic, StringComparison.Ordinal) ?? false;
        vqvae ??= isSynthetic ? ModelSource.SyntheticVqvae : null;
        if (drafter is null || vqvae is null || (refiner is null && !alone))
        {
            var needed = alone ? "--drafter and --vqvae" : "--drafter, --refiner and --vqvae";
            throw new UsageException($"give {needed} together, or none of them for the demonstration model.");
        }

        return new ModelChoice(
            new ModelNames(drafter, alone ? null : refiner, vqvae), alone, result.GetValue(_steps), tiny);
    }
}

/// <param name="Alone">Whether the drafter decodes all scales.</param>
/// <param name="Steps">N.</param>
/// <param name="Tiny">Whether this is the demonstration model.</param>
internal sealed record ModelChoice(ModelNames Names, bool Alone, int Steps, bool Tiny);
