using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <param name="Refiner">Depth; null where the drafter decodes alone.</param>
/// <param name="Steps">Scales that are drafted.</param>
/// <param name="DraftOnly">Leaves out refining and decoding to pixels.</param>
internal sealed record BenchSettings(
    int Drafter, int? Refiner, int Steps, int Batch, int Runs, double Guidance, ScalarType Type, bool DraftOnly);

/// <summary>Times the stages with random weights and labels.</summary>
internal static class Benchmark
{
    /// <summary>libtorch has both linked in: oneMKL for float32, oneDNN for bfloat16 and convolutions.</summary>
    private const string Blas = "oneMKL, oneDNN";

    public static BenchResult Run(BenchSettings settings)
    {
        var begun = Stopwatch.GetTimestamp();
        using var models = Models.Random(settings.Drafter, settings.DraftOnly ? null : settings.Refiner, settings.Type);
        var (load, loadPeak) = (Stopwatch.GetElapsedTime(begun).TotalSeconds, PeakGib());
        using var stages = new TimedStages(models, settings);
        stages.Run();
        StageSeconds[] times = [.. Enumerable.Range(0, settings.Runs).Select(_ => stages.Run())];
        var draft = Median(times, each => each.Draft);
        var refine = Median(times, each => each.Refine);
        var decode = Median(times, each => each.Decode);
        return new BenchResult(
            settings.Refiner is null ? "var" : "code", settings.Drafter, settings.Refiner,
            settings.Refiner is null ? models.Drafter.Config.Schedule.Count : settings.Steps, settings.Batch,
            FormattableString.Invariant($"cpu x{get_num_threads()}"), __version__, Blas,
            settings.Type == float32 ? "f32" : "bf16", draft, refine, decode,
            settings.Batch / (draft + refine), settings.Batch / (draft + refine + decode),
            PeakGib(), load, loadPeak);
    }

    private static double Median(StageSeconds[] times, Func<StageSeconds, double> of)
    {
        double[] ordered = [.. times.Select(of).Order()];
        return (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }

    private static double PeakGib()
    {
        var line = File.ReadLines("/proc/self/status")
            .Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        var kibibytes = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        return double.Parse(kibibytes, CultureInfo.InvariantCulture) / (1 << 20);
    }
}

internal readonly record struct StageSeconds(double Draft, double Refine, double Decode);

/// <summary>Decodes a batch with the settings of the published programs.</summary>
internal sealed class TimedStages : IDisposable
{
    private const int TopK = 600;
    private const double TopP = 0.95;
    private const int Seed = 1;

    private readonly Models _models;
    private readonly BenchSettings _settings;
    private readonly Generator _generator = new(Seed);
    private readonly Tensor _labels;
    private readonly TokenSampler _sampler;

    public TimedStages(Models models, BenchSettings settings)
    {
        _models = models;
        _settings = settings;
        _labels = arange(settings.Batch).remainder_(models.Drafter.Config.Classes);
        double[] temperatures = settings.Refiner is null
            ? [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
            : [1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1, 1, 1];
        _sampler = new TokenSampler(
            new Sampling(settings.Guidance, TopK, TopP, temperatures),
            (logits, _) => TokenSampler.Multinomial(logits, _generator));
    }

    public StageSeconds Run()
    {
        using var inference = inference_mode();
        return _settings.Refiner is null ? DecodeAlone() : DraftAndRefine();
    }

    public void Dispose()
    {
        _labels.Dispose();
        _generator.Dispose();
    }

    /// <summary>One model's decoding counts as refining, as in <c>reference_bench.py</c>.</summary>
    private StageSeconds DecodeAlone()
    {
        var begun = Stopwatch.GetTimestamp();
        _generator.manual_seed(Seed);
        using var features = StagesOf(_models.Drafter).DecodeAlone(_labels);
        var decoded = Stopwatch.GetTimestamp();
        DecodePixels(features);
        return new StageSeconds(0, Seconds(begun, decoded), Seconds(decoded, Stopwatch.GetTimestamp()));
    }

    private StageSeconds DraftAndRefine()
    {
        var begun = Stopwatch.GetTimestamp();
        _generator.manual_seed(Seed);
        using var draft = StagesOf(_models.Drafter).Draft(_labels, _settings.Steps);
        var drafted = Stopwatch.GetTimestamp();
        if (_models.Refiner is null)
        {
            return new StageSeconds(Seconds(begun, drafted), 0, 0);
        }

        _generator.manual_seed(Seed);
        StagesOf(_models.Refiner).Refine(draft, _labels, _settings.Steps);
        var refined = Stopwatch.GetTimestamp();
        DecodePixels(draft.Features);
        return new StageSeconds(
            Seconds(begun, drafted), Seconds(drafted, refined), Seconds(refined, Stopwatch.GetTimestamp()));
    }

    private Decoding StagesOf(Transformer transformer) => new(transformer, _models.Quantizer, _sampler);

    private void DecodePixels(Tensor features)
    {
        using var pixels = _models.Decoder.Forward(features);
        pixels.add_(1).mul_(0.5);
    }

    private static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;
}
