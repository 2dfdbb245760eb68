using System.Globalization;
using CoDe.Flow;

namespace CoDe.Cli.Options;

/// <summary>Settings in one line, for people and for the files that images are kept in.</summary>
internal static class SettingsText
{
    public static string Of(SamplingSettings sampling, ModelChoice models) => string.Create(
        CultureInfo.InvariantCulture,
        $"mode {(models.Alone ? "var" : $"code, steps {models.Steps}")}, guidance {sampling.Guidance}, top-k {sampling.TopK}, top-p {sampling.TopP}, temperature {Temperatures(sampling)}{(sampling.Smooth ? ", smooth" : "")}");

    private static string Temperatures(SamplingSettings sampling)
        => string.Join(",", sampling.Temperatures.Select(temperature => temperature.ToString(CultureInfo.InvariantCulture)));
}
