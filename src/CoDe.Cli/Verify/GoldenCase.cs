using System.Text.Json;
using System.Text.Json.Serialization;
using CoDe.Flow;

namespace CoDe.Cli.Verify;

/// <summary>The settings of a golden case, as <c>cases.json</c> names them.</summary>
internal sealed record GoldenCase
{
    public required string Mode { get; init; }

    [JsonPropertyName("N")]
    public required int Scales { get; init; }

    public required IReadOnlyList<int> Labels { get; init; }

    public required ulong Seed { get; init; }

    public required double Cfg { get; init; }

    public required int TopK { get; init; }

    public required double TopP { get; init; }

    public required IReadOnlyList<double> Temperature { get; init; }

    public bool MoreSmooth { get; init; }

    public required IReadOnlyList<uint> Images { get; init; }

    /// <summary>The in-painting case, whose settings the goldens' description fixes.</summary>
    public static GoldenCase Inpainting { get; } = new()
    {
        Mode = "code",
        Scales = 8,
        Labels = [4],
        Seed = 11,
        Cfg = 3,
        TopK = 100,
        TopP = 0.95,
        Temperature = [1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1, 1, 1],
        Images = [0],
    };

    /// <summary>Tells whether one model decodes all scales.</summary>
    public bool Alone => Mode == "var";

    public static IReadOnlyDictionary<string, GoldenCase> Read(string path)
        => JsonSerializer.Deserialize<Dictionary<string, GoldenCase>>(File.ReadAllText(path), Format) ?? [];

    public static GoldenCase ReadOne(string path)
        => JsonSerializer.Deserialize<GoldenCase>(File.ReadAllText(path), Format)!;

    /// <param name="nudge">Relative change of the guidance.</param>
    public IReadOnlyList<ImageRequest> Requests(double nudge = 0, Edit? edit = null)
    {
        var sampling = new SamplingSettings
        {
            Guidance = Cfg * (1 + nudge),
            TopK = TopK,
            TopP = TopP,
            Temperatures = [.. Temperature],
            Smooth = MoreSmooth,
        };
        return [.. Labels.Zip(Images, (label, image) => new ImageRequest(label, Seed, image, sampling, edit))];
    }

    private static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
}
