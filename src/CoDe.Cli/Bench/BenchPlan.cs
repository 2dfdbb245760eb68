using System.Globalization;
using System.Text.Json.Serialization;
using CoDe.Engine.Compute;
using CoDe.Engine.Serving;
using CoDe.Planning;

namespace CoDe.Cli.Bench;

/// <summary>Memory that a batch would take of a device, in GiB.</summary>
/// <param name="WeightsGib">Weights, and all else that does not grow with the batch.</param>
/// <param name="SessionsGib">Keys, values, activations and temporaries of the batch.</param>
internal sealed record BenchPlan(
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("stage")] MeasuredStages Stage,
    [property: JsonPropertyName("steps")] int Steps,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("weights_gib")] double WeightsGib,
    [property: JsonPropertyName("sessions_gib")] double SessionsGib,
    [property: JsonPropertyName("total_gib")] double TotalGib,
    [property: JsonPropertyName("free_gib")] double FreeGib)
{
    private const double Gibibyte = 1 << 30;

    /// <exception cref="UsageException">The device has no plan.</exception>
    public static BenchPlan Of(IBackend backend, BenchSettings settings, CancellationToken cancellation)
    {
        var steps = 0;
        if (Plan(settings.Batch) is not { } plan)
        {
            throw new UsageException("--plan is for devices of libtorch: --device torch or cuda:N.");
        }

        var (next, batch) = (Plan(settings.Batch + 1)!.PeakBytes, settings.Batch);
        var sessions = (next - plan.PeakBytes) * batch;
        return new BenchPlan(
            backend.Description, settings.Stages, steps, batch,
            (plan.PeakBytes - sessions) / Gibibyte, sessions / Gibibyte, plan.PeakBytes / Gibibyte,
            plan.FreeBytes / Gibibyte);

        IMemoryPlan? Plan(int images) => MemoryCheck.Plan(
            backend, images,
            (planned, size) => steps = Benchmark.RunOnce(planned, settings with { Batch = size }, cancellation));
    }

    /// <summary>Formats the plan for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        batch {Batch}, {Device}
        weights {WeightsGib:0.00} GiB + sessions {SessionsGib:0.00} GiB = {TotalGib:0.00} GiB; {FreeGib:0.00} GiB free
        """);
}
