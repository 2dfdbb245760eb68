using System.Globalization;
using System.Text.Json.Serialization;
using CoDe.Planning;

namespace CoDe.Cli.Bench;

/// <summary>
/// Seconds of a batch by stage, medians of the runs, named as in the published implementation's timing script.
/// </summary>
/// <param name="Stage">Stages that were timed; times of the others mean nothing.</param>
/// <param name="ImagesPerSecond">Without the VQVAE decoder.</param>
/// <param name="PeakGib">The device's memory, or the process's resident, at its highest, loading included.</param>
/// <param name="LoadPeakGib">Peak memory until all models were loaded.</param>
internal sealed record BenchResult(
    [property: JsonPropertyName("mode")] string Mode,
    [property: JsonPropertyName("drafter")] string Drafter,
    [property: JsonPropertyName("refiner")] string? Refiner,
    [property: JsonPropertyName("stage")] MeasuredStages Stage,
    [property: JsonPropertyName("steps")] int Steps,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("load_s")] double LoadSeconds,
    [property: JsonPropertyName("draft_s")] double DraftSeconds,
    [property: JsonPropertyName("refine_s")] double RefineSeconds,
    [property: JsonPropertyName("decode_s")] double DecodeSeconds,
    [property: JsonPropertyName("images_per_s")] double ImagesPerSecond,
    [property: JsonPropertyName("images_per_s_decoded")] double DecodedImagesPerSecond,
    [property: JsonPropertyName("load_peak_gib")] double LoadPeakGib,
    [property: JsonPropertyName("peak_gib")] double PeakGib,
    [property: JsonPropertyName("allocated_kb_per_batch")] double AllocatedKilobytes)
{
    private string Stages => FormattableString.Invariant(
        $"draft {DraftSeconds:0.000} s, refine {RefineSeconds:0.000} s, decode {DecodeSeconds:0.000} s");

    /// <summary>Formats the result for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Drafter}{(Refiner is null ? "" : $" + {Refiner}, N = {Steps}")}, batch {Batch}, {Device}
        load {LoadSeconds:0.0} s, {Stages}
        {ImagesPerSecond:0.000} images/s, {DecodedImagesPerSecond:0.000} with the decoder; peak {PeakGib:0.00} GiB
        """);
}
