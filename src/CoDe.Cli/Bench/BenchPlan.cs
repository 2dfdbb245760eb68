using System.Globalization;
using System.Text.Json.Serialization;

namespace CoDe.Cli.Bench;

/// <summary>
/// What a batch would take of a GPU: GiB of memory, and for each stage 10^12 operations of products and attention and 10^9 bytes that operators
/// read and write, each result in between counted both ways. Over the rates of the device these are times to compare the measured ones with.
/// </summary>
internal sealed record BenchPlan(
    [property: JsonPropertyName("drafter")] string Drafter,
    [property: JsonPropertyName("refiner")] string? Refiner,
    [property: JsonPropertyName("steps")] int Steps,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("peak_gib")] double PeakGib,
    [property: JsonPropertyName("free_gib")] double FreeGib,
    [property: JsonPropertyName("draft_tflop")] double DraftTeraflop,
    [property: JsonPropertyName("refine_tflop")] double RefineTeraflop,
    [property: JsonPropertyName("decode_tflop")] double DecodeTeraflop,
    [property: JsonPropertyName("draft_gb")] double DraftGigabytes,
    [property: JsonPropertyName("refine_gb")] double RefineGigabytes,
    [property: JsonPropertyName("decode_gb")] double DecodeGigabytes)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Drafter}{(Refiner is null ? "" : $" + {Refiner}, N = {Steps}")}, batch {Batch}: {PeakGib:0.00} GiB; {FreeGib:0.00} GiB are free
        draft {DraftTeraflop:0.00} TFLOP, {DraftGigabytes:0.0} GB; refine {RefineTeraflop:0.00} TFLOP, {RefineGigabytes:0.0} GB; decode {DecodeTeraflop:0.00} TFLOP, {DecodeGigabytes:0.0} GB
        """);
}
