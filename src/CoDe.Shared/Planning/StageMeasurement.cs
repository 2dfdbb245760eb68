using System.Globalization;
using System.Text.Json.Serialization;
using CoDe.Flow;

namespace CoDe.Planning;

/// <summary>Stages that were measured on a device.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MeasuredStages>))]
public enum MeasuredStages
{
    /// <summary>Both, one after the other.</summary>
    [JsonStringEnumMemberName("all")]
    All,

    [JsonStringEnumMemberName("draft")]
    Draft,

    [JsonStringEnumMemberName("refine")]
    Refine,
}

/// <summary>Time and memory of one or both stages for batches of a size.</summary>
/// <param name="Steps">N.</param>
/// <param name="DraftSeconds">Null where only memory is known, or of the other stage.</param>
/// <param name="RefineSeconds">With the decoder; null likewise.</param>
/// <param name="Gibibytes">Memory of the device; null where only times are known.</param>
public sealed record StageMeasurement(
    MeasuredStages Stage, int Steps, int Batch, double? DraftSeconds, double? RefineSeconds, double? Gibibytes)
{
    private const int MostSteps = 64;
    private const int LargestBatch = 256;
    private const double LongestSeconds = 86_400;
    private const double MostGibibytes = 1 << 20;

    /// <summary>Makes a measurement of the times of its stages, whatever the times of others are.</summary>
    public static StageMeasurement Of(
        MeasuredStages stage, int steps, int batch, double? draft, double? refine, double? decode, double? gibibytes)
        => new(
            stage, steps, batch,
            stage == MeasuredStages.Refine ? null : draft,
            stage == MeasuredStages.Draft || (refine ?? decode) is null ? null : (refine ?? 0) + (decode ?? 0),
            gibibytes);

    /// <param name="place">Where it was read, for messages.</param>
    /// <exception cref="InvalidSettingException">A value is out of its range.</exception>
    public void Check(string place)
    {
        Check(place, "steps", Steps, 1, MostSteps);
        Check(place, "batch", Batch, 1, LargestBatch);
        Check(place, "peak_gib", Gibibytes ?? 0, 0, MostGibibytes);
        if (Stage != MeasuredStages.Refine)
        {
            CheckTime(place, "draft_s", DraftSeconds);
        }

        if (Stage != MeasuredStages.Draft)
        {
            CheckTime(place, "refine_s + decode_s", RefineSeconds);
        }
    }

    private static void CheckTime(string place, string field, double? seconds)
    {
        if (seconds is { } value && !(value > 0 && value <= LongestSeconds))
        {
            throw Invalid(place, field, value, FormattableString.Invariant($"above 0 to {LongestSeconds}"));
        }
    }

    private static void Check(string place, string field, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw Invalid(place, field, value, FormattableString.Invariant($"{least} to {most}"));
        }
    }

    private static InvalidSettingException Invalid(string place, string field, double value, string allowed)
        => new($"{place}: {field}", value.ToString(CultureInfo.InvariantCulture), allowed);
}
