using System.Collections.Immutable;

namespace CoDe.Flow;

/// <summary>Settings for drawing the tokens of an image.</summary>
public sealed record SamplingSettings
{
    /// <summary>The highest guidance that makes sense: logits are multiplied by up to one more than it.</summary>
    public const double LargestGuidance = 100;

    /// <summary>Classifier-free guidance at the last scale; it grows from 0 at the first. 0 is off.</summary>
    public double Guidance { get; init; } = 1.5;

    /// <summary>Keep the k likeliest codes; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keep the likeliest codes that make up this probability; 0 keeps all.</summary>
    public double TopP { get; init; }

    /// <summary>Temperature of each scale; a single value serves all.</summary>
    public ImmutableArray<double> Temperatures { get; init; } = [1];

    /// <summary>
    /// Mixes code vectors by probability instead of taking the drawn one (<c>more_smooth</c>): smoother pictures, not
    /// for evaluation.
    /// </summary>
    public bool Smooth { get; init; }

    /// <summary>The settings the CoDe paper evaluates with.</summary>
    public static SamplingSettings Code { get; } = new()
    {
        Guidance = 1.5,
        TopK = 600,
        TopP = 0.96,
        Temperatures = [1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1, 1, 1],
    };

    /// <summary>The settings the VAR paper evaluates with.</summary>
    public static SamplingSettings Var { get; } = new() { Guidance = 1.5, TopK = 900, TopP = 0.96 };

    /// <summary>The temperature of a scale.</summary>
    public double Temperature(int scale) => Temperatures.Length == 1 ? Temperatures[0] : Temperatures[scale];

    /// <summary>Checks every field.</summary>
    /// <param name="scales">Number of scales of the model.</param>
    /// <exception cref="InvalidSettingException">A field is out of its range.</exception>
    public void Validate(int scales)
    {
        Check(Guidance is >= 0 and <= LargestGuidance, "guidance", Guidance, $"0 to {LargestGuidance}");
        Check(TopK >= 0, "top-k", TopK, "0 (off) or more");
        Check(TopP is >= 0 and <= 1, "top-p", TopP, "0 (off) to 1");
        Check(
            Temperatures.Length == 1 || Temperatures.Length == scales,
            "temperatures", Temperatures.Length, $"1 or {scales} values");
        foreach (var temperature in Temperatures)
        {
            Check(temperature is >= 0.01 and <= 100, "temperature", temperature, "0.01 to 100");
        }
    }

    private static void Check(bool fits, string field, IFormattable value, string allowed)
    {
        if (!fits)
        {
            throw new InvalidSettingException(
                field, value.ToString(null, System.Globalization.CultureInfo.InvariantCulture), allowed);
        }
    }
}
