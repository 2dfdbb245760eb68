using System.Text.Json;
using System.Text.Json.Serialization;
using CoDe.Engine.Weights;
using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>The settings of a golden case, as <c>cases.json</c> names them.</summary>
internal sealed record GoldenCase(
    string Mode,
    [property: JsonPropertyName("N")] int Scales,
    IReadOnlyList<long> Labels,
    ulong Seed,
    double Cfg,
    int TopK,
    double TopP,
    IReadOnlyList<double> Temperature,
    bool MoreSmooth,
    IReadOnlyList<uint> Images);

/// <summary>
/// Decodes the golden cases, which the published implementation computed in float32, and compares tokens and pixels.
/// </summary>
internal static class Verification
{
    private const double LargestDifference = 1e-3;

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Leaves out smooth decoding, which the benchmark does not time.</summary>
    /// <returns>Whether all tokens are equal and all pixels within 1e-3.</returns>
    /// <exception cref="CheckpointException">A file is missing or cannot be read.</exception>
    public static bool Run(string folder, ScalarType type, TextWriter output)
    {
        using var inference = inference_mode();
        using var models = Models.Read(folder, type);
        var cases = JsonSerializer.Deserialize<Dictionary<string, GoldenCase>>(
            File.ReadAllText(Path.Combine(folder, "cases.json")), Format)!;
        var all = true;
        foreach (var (name, golden) in cases.Where(each => !each.Value.MoreSmooth))
        {
            all &= Check(models, golden, name, Path.Combine(folder, $"case_{name}.safetensors"), output);
        }

        return all && cases.Count > 0;
    }

    private static bool Check(Models models, GoldenCase golden, string name, string path, TextWriter output)
    {
        var (tokens, pixels) = Decode(models, golden);
        using var file = Checkpoint.OpenFile(path);
        var expected = file.ReadAll("tokens");
        var equal = expected.Zip(tokens).Count(pair => pair.First == pair.Second);
        var agrees = equal == expected.Length && tokens.Length == expected.Length;
        var line = FormattableString.Invariant($"{name}: {equal} of {expected.Length} tokens equal");
        if (file.Tensors.ContainsKey("image"))
        {
            var difference = file.ReadAll("image").Zip(pixels, (a, b) => Math.Abs(a - (double)b)).Max();
            agrees &= difference <= LargestDifference;
            line += FormattableString.Invariant($", pixels differ by {difference:0.0e+00} of 1");
        }

        output.WriteLine($"{(agrees ? "agrees" : "DIFFERS")}  {line}");
        return agrees;
    }

    private static (long[] Tokens, float[] Pixels) Decode(Models models, GoldenCase golden)
    {
        var schedule = models.Drafter.Config.Schedule;
        var sampling = new Sampling(golden.Cfg, golden.TopK, golden.TopP, golden.Temperature);
        var drafting = new GoldenNoise(golden.Seed, golden.Images, schedule);
        var refining = new GoldenNoise(golden.Seed, golden.Images, schedule);
        using var labels = tensor(golden.Labels.ToArray());
        var drafter = new Decoding(models.Drafter, models.Quantizer, new TokenSampler(sampling, drafting.Draw));
        using var features = golden.Mode == "var" ? drafter.DecodeAlone(labels) : DraftAndRefine();
        using var decoded = models.Decoder.Forward(features).add_(1).mul_(0.5);
        using var pixels = decoded.to(float32);
        long[] tokens = [.. Enumerable.Range(0, golden.Images.Count).SelectMany(image =>
            drafting.Tokens(image, 0, golden.Scales)
                .Concat(refining.Tokens(image, golden.Scales, schedule.Count)))];
        return (tokens, pixels.data<float>().ToArray());

        Tensor DraftAndRefine()
        {
            var draft = drafter.Draft(labels, golden.Scales);
            using var inputs = draft.Inputs;
            new Decoding(models.Refiner!, models.Quantizer, new TokenSampler(sampling, refining.Draw))
                .Refine(draft, labels, golden.Scales);
            return draft.Features;
        }
    }
}
