using System.Collections.Immutable;
using System.CommandLine;
using CoDe.Engine.Serving;
using CoDe.Flow;
using CoDe.Protocol.V1;

namespace CoDe.Cli.Options;

/// <summary>Options of sampling: a preset and overrides.</summary>
internal sealed class SamplingOptions
{
    private readonly Option<string?> _preset = new("--preset")
    {
        Description = "code, var (the settings of the published evaluations) or tiny. "
            + "Default: that of the mode, or the demonstration model's.",
    };

    private readonly Option<double?> _guidance = NumberOption.Real(
        "--guidance", "Classifier-free guidance at the last scale; 0 is off.");

    private readonly Option<uint?> _topK = NumberOption.Integer<uint>(
        "--top-k", "Keep the k likeliest codes; 0 keeps all.");

    private readonly Option<double?> _topP = NumberOption.Real(
        "--top-p", "Keep the likeliest codes that make up this probability; 0 keeps all.");

    private readonly Option<string?> _temperature = new("--temperature")
    {
        Description = "One temperature, or one a scale with commas between.",
    };

    private readonly Option<bool> _smooth = new("--smooth")
    {
        Description = "Mix code vectors: smoother pictures, not for evaluation (more_smooth).",
    };

    public void AddTo(Command command)
    {
        _preset.AcceptOnlyFromAmong("code", "var", "tiny");
        command.Add(_preset);
        AddOverridesTo(command);
    }

    /// <summary>Adds the options without presets, for models whose settings a service knows.</summary>
    public void AddOverridesTo(Command command)
    {
        command.Add(_guidance);
        command.Add(_topK);
        command.Add(_topP);
        command.Add(_temperature);
        command.Add(_smooth);
    }

    public SamplingSettings Read(ParseResult result, ModelChoice models)
    {
        var preset = Preset(result.GetValue(_preset) ?? (models.Tiny ? "tiny" : models.Alone ? "var" : "code"));
        return preset with
        {
            Guidance = result.GetValue(_guidance) ?? preset.Guidance,
            TopK = (int)Math.Min(result.GetValue(_topK) ?? (uint)preset.TopK, int.MaxValue),
            TopP = result.GetValue(_topP) ?? preset.TopP,
            Temperatures = result.GetValue(_temperature) is { } text ? ParseTemperatures(text) : preset.Temperatures,
            Smooth = result.GetValue(_smooth),
        };
    }

    /// <summary>Reads what differs from the settings of the model.</summary>
    public Settings ReadOverrides(ParseResult result)
    {
        var settings = new Settings();
        if (result.GetValue(_guidance) is { } guidance)
        {
            settings.Guidance = guidance;
        }

        if (result.GetValue(_topK) is { } topK)
        {
            settings.TopK = topK;
        }

        if (result.GetValue(_topP) is { } topP)
        {
            settings.TopP = topP;
        }

        if (result.GetValue(_temperature) is { } text)
        {
            settings.Temperatures.AddRange(ParseTemperatures(text));
        }

        if (result.GetValue(_smooth))
        {
            settings.Smooth = true;
        }

        return settings;
    }

    private static SamplingSettings Preset(string name) => name switch
    {
        "code" => SamplingSettings.Code,
        "var" => SamplingSettings.Var,
        _ => TinyModel.Sampling,
    };

    private static ImmutableArray<double> ParseTemperatures(string text)
        => [.. NumberText.Reals("temperature", text, "a number, or one a scale with commas between")];
}
