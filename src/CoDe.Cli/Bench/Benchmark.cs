using System.Diagnostics;
using System.Globalization;
using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Engine.Stages;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using CoDe.Planning;

namespace CoDe.Cli.Bench;

/// <summary>Runs the stages one after the other, again and again.</summary>
internal static class Benchmark
{
    /// <param name="warm">Called when the first run, which does not count, is over.</param>
    public static BenchResult Run(IBackend backend, BenchSettings settings, Action warm, CancellationToken cancellation)
    {
        MemoryCheck.Run(
            backend, "--batch", settings.Batch,
            (plan, images) => RunOnce(plan, settings with { Batch = images }, cancellation));
        var start = Stopwatch.GetTimestamp();
        var (names, alone) = (settings.Models.Names, settings.Models.Alone);
        using var stages = new BenchedStages(backend, settings);
        var (load, loadPeak) = (Stopwatch.GetElapsedTime(start).TotalSeconds, PeakGib(backend));
        stages.Run(cancellation);
        warm();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        StageTimes[] times = [.. Enumerable.Range(0, settings.Runs).Select(_ => stages.Run(cancellation))];
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var draft = Median(times, each => each.Draft);
        var refine = Median(times, each => each.Refine);
        var decode = Median(times, each => each.Decode);
        return new BenchResult(
            alone ? "var" : "code",
            names.Drafter,
            alone ? null : names.Refiner,
            settings.Stages,
            stages.Steps,
            settings.Batch,
            backend.Description,
            load,
            draft,
            refine,
            decode,
            settings.Batch / (draft + refine),
            settings.Batch / (draft + refine + decode),
            loadPeak,
            PeakGib(backend),
            allocated / 1024.0 / settings.Runs);
    }

    /// <summary>Loads the models and runs the stages once.</summary>
    /// <returns>N.</returns>
    public static int RunOnce(IBackend backend, BenchSettings settings, CancellationToken cancellation)
    {
        using var stages = new BenchedStages(backend, settings);
        stages.Run(cancellation);
        return stages.Steps;
    }

    private static double Median(StageTimes[] times, Func<StageTimes, TimeSpan> of)
        => times.Select(each => of(each).TotalSeconds).Order().ElementAt(times.Length / 2);

    /// <summary>Reads the peak of the device's memory, or of the process's resident memory.</summary>
    private static double PeakGib(IBackend backend)
    {
        if (backend.Memory is { } memory)
        {
            return memory.Peak / (double)(1 << 30);
        }

        if (!File.Exists("/proc/self/status"))
        {
            return Process.GetCurrentProcess().PeakWorkingSet64 / (double)(1 << 30);
        }

        var line = File.ReadLines("/proc/self/status")
            .Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        var kibibytes = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        return double.Parse(kibibytes, CultureInfo.InvariantCulture) / (1 << 20);
    }
}

/// <summary>The stages that are timed, and what goes into them.</summary>
internal sealed class BenchedStages : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly IReadOnlyList<ImageRequest> _requests;
    private readonly DraftStage? _draft;
    private readonly RefineStage? _refine;
    private readonly DecodeStage? _decode;
    private IReadOnlyList<Draft> _drafts = [];
    private IReadOnlyList<Draft> _decoded = [];

    public BenchedStages(IBackend backend, BenchSettings settings)
    {
        var (names, stages) = (settings.Models.Names, settings.Stages);
        var drafter = stages == MeasuredStages.Refine
            ? null
            : Own(LoadedModels.LoadTransformer(backend, names.Drafter));
        var refiner = stages == MeasuredStages.Draft || names.Refiner is null
            ? null
            : Own(LoadedModels.LoadTransformer(backend, names.Refiner));
        var parts = stages == MeasuredStages.Draft ? VqvaeParts.Quantizer : VqvaeParts.Decoder;
        var vqvae = Own(LoadedModels.LoadVqvae(backend, names.Vqvae, parts));
        var config = (drafter ?? refiner)!.Config;
        Steps = settings.Models.Alone ? config.Schedule.Count : settings.Models.Steps;
        _requests = [.. Enumerable.Range(0, settings.Batch)
            .Select(image => new ImageRequest(image % config.Classes, 1, (uint)image, settings.Sampling))];
        _draft = drafter is null ? null : Own(new DraftStage(backend, drafter, vqvae, settings.Batch, Steps));
        _refine = refiner is null ? null : Own(new RefineStage(backend, refiner, vqvae, settings.Batch, Steps));
        _decode = stages == MeasuredStages.Draft ? null : Own(new DecodeStage(backend, vqvae, config.Schedule));
        _drafts = drafter is null ? Invented(config.Schedule, config.Vocabulary, config.CodeWidth) : [];
    }

    /// <summary>N; K without a refiner.</summary>
    public int Steps { get; }

    /// <summary>Runs all stages once.</summary>
    public StageTimes Run(CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        Draft(cancellation);
        var drafted = Stopwatch.GetTimestamp();
        Refine(cancellation);
        var refined = Stopwatch.GetTimestamp();
        Decode();
        return new StageTimes(
            Stopwatch.GetElapsedTime(start, drafted),
            Stopwatch.GetElapsedTime(drafted, refined),
            Stopwatch.GetElapsedTime(refined));
    }

    public void Draft(CancellationToken cancellation)
        => _drafts = _draft?.Run(_requests, Steps, cancellation: cancellation) ?? _drafts;

    public void Refine(CancellationToken cancellation)
        => _decoded = _refine?.Run(_requests, _drafts, cancellation: cancellation) ?? _drafts;

    public void Decode()
    {
        foreach (var draft in _decode is null ? [] : _decoded)
        {
            _decode!.Run(draft.FeatureMap);
        }
    }

    public void Dispose() => _owned.AsEnumerable().Reverse().ToList().ForEach(each => each.Dispose());

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>Drafts for a refiner alone, whose time does not depend on what is in them.</summary>
    private IReadOnlyList<Draft> Invented(ScaleSchedule schedule, int vocabulary, int codeWidth)
    {
        var side = schedule.FinalSide;
        return [.. _requests.Select(request => new Draft(
            [.. Enumerable.Range(0, Steps).Select(TokenMapOf)],
            new FeatureMap(codeWidth, side, new float[codeWidth * side * side])))];

        TokenMap TokenMapOf(int scale)
        {
            var tokens = Enumerable.Range(0, schedule.Tokens(scale)).Select(token => (ushort)(token * 37 % vocabulary));
            return new TokenMap(schedule.Side(scale), [.. tokens]);
        }
    }
}
