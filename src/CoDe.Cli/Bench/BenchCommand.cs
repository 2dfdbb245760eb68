using System.CommandLine;
using System.Text.Json;
using CoDe.Cli.Options;
using CoDe.Planning;

namespace CoDe.Cli.Bench;

/// <summary><c>code bench</c>: how long each stage takes, and how much memory.</summary>
internal static class BenchCommand
{
    private const int LargestBatch = 256;

    /// <summary>Sampling of the published implementation's timing script.</summary>
    private static readonly Flow.SamplingSettings Sampling = Flow.SamplingSettings.Code with
    {
        Guidance = 4,
        TopP = 0.95,
    };

    public static Command Create()
    {
        var (models, device) = (new ModelOptions(), new DeviceOptions());
        var batch = NumberOption.Integer("--batch", "Images decoded together.", 1);
        var runs = NumberOption.Integer("--runs", "Timed runs after one warm-up; the result is their median.", 3);
        var guidance = NumberOption.Real("--guidance", "0 halves the work.", Sampling.Guidance);
        var stage = new Option<MeasuredStages>("--stage")
        {
            Description = "all, or draft or refine alone, with the models that it needs.",
        };
        var json = new Option<bool>("--json") { Description = "One line of JSON." };
        var profile = new Option<bool>("--profile")
        {
            Description = "Time of each operator and shape, and how fast that is.",
        };
        var plan = new Option<bool>("--plan")
        {
            Description = "Memory that it would take of a device of libtorch; nothing is loaded.",
        };
        var command = new Command("bench", "Time the stages, with random labels.")
        {
            batch, runs, guidance, stage, json, profile, plan,
        };
        models.AddTo(command);
        device.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var choice = models.Read(result);
            var settings = new BenchSettings(
                choice, Sampling with { Guidance = result.GetValue(guidance) },
                Limits.InRange("--batch", result.GetValue(batch), LargestBatch),
                Limits.InRange("--runs", result.GetValue(runs), 1000), result.GetValue(stage));
            using var backend = device.Create(result);
            if (result.GetValue(plan))
            {
                var planned = BenchPlan.Of(backend, settings, cancellation);
                await Console.Out.WriteLineAsync(
                    result.GetValue(json) ? JsonSerializer.Serialize(planned) : planned.ToString());
                return 0;
            }

            using var profiled = new ProfiledBackend(backend, device.WeightBytes(result));
            var measured = Benchmark.Run(
                result.GetValue(profile) ? profiled : backend, settings, profiled.Clear, cancellation);
            await Console.Out.WriteLineAsync(
                result.GetValue(json) ? JsonSerializer.Serialize(measured) : measured.ToString());
            if (result.GetValue(profile))
            {
                await Console.Out.WriteLineAsync(profiled.Table(settings.Runs));
            }

            return 0;
        });
        return command;
    }
}

/// <param name="Stages">Models that none of them needs are not loaded.</param>
internal sealed record BenchSettings(
    ModelChoice Models, Flow.SamplingSettings Sampling, int Batch, int Runs, MeasuredStages Stages);
