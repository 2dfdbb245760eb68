using System.Globalization;
using CoDe.Flow;

namespace CoDe.Cli.Options;

/// <summary>Formats settings in one line, for people and for image files.</summary>
internal static class SettingsText
{
    public static string Of(SamplingSettings sampling, ModelChoice models)
    {
        var mode = models.Alone ? "var" : FormattableString.Invariant($"code, steps {models.Steps}");
        var filters = FormattableString.Invariant(
            $"guidance {sampling.Guidance}, top-k {sampling.TopK}, top-p {sampling.TopP}");
        return $"mode {mode}, {filters}, temperature {Temperatures(sampling)}{(sampling.Smooth ? ", smooth" : "")}";
    }

    private static string Temperatures(SamplingSettings sampling)
        => string.Join(",", sampling.Temperatures.Select(each => each.ToString(CultureInfo.InvariantCulture)));
}
