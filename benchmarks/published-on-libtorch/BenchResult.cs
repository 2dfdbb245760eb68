using System.Text.Json.Serialization;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>Seconds of a batch by stage, medians of the runs, named as in <c>reference_bench.py</c>.</summary>
/// <param name="Torch">Version of libtorch.</param>
/// <param name="Blas">Libraries of its matrix products.</param>
/// <param name="LoadPeakGib">Peak of resident memory until all models were made.</param>
internal sealed record BenchResult(
    [property: JsonPropertyName("mode")] string Mode,
    [property: JsonPropertyName("drafter")] int Drafter,
    [property: JsonPropertyName("refiner")] int? Refiner,
    [property: JsonPropertyName("steps")] int Steps,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("torch")] string Torch,
    [property: JsonPropertyName("blas")] string Blas,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("draft_s")] double DraftSeconds,
    [property: JsonPropertyName("refine_s")] double RefineSeconds,
    [property: JsonPropertyName("decode_s")] double DecodeSeconds,
    [property: JsonPropertyName("images_per_s")] double ImagesPerSecond,
    [property: JsonPropertyName("images_per_s_decoded")] double DecodedImagesPerSecond,
    [property: JsonPropertyName("peak_gib")] double PeakGib,
    [property: JsonPropertyName("load_s")] double LoadSeconds,
    [property: JsonPropertyName("load_peak_gib")] double LoadPeakGib);
