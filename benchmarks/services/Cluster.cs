using System.Diagnostics;
using CoDe.Protocol.V1;
using Grpc.Net.Client;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Measures batches and overlap of two gateways that share a Redis, beside a gateway alone and two that share nothing
/// under the same load, and the gain of more refiners behind the two that share one.
/// </summary>
/// <param name="Milliseconds">Of a batch in either stage.</param>
internal sealed record Cluster(int Batch, double Milliseconds, TimeSpan Time)
{
    /// <summary>Rounds in which all take turns, so that a busy time of the machine meets all alike.</summary>
    private const int Rounds = 3;

    private static readonly (string Name, int Gateways, bool IsCluster)[] Kinds =
    [
        ("one", 1, false), ("two that share a Redis", 2, true), ("two that share nothing", 2, false),
    ];

    public async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync(
            "| clients | gateways | mean batch | times one | overlap efficiency | images/s |");
        await output.WriteLineAsync("|---|---|---|---|---|---|");

        // Fewer than two full batches at each stage, and as many.
        foreach (var clients in new[] { 2 * Batch, 4 * Batch })
        {
            var sums = await MeasureAsync(clients);
            foreach (var (kind, sum) in Kinds.Zip(sums))
            {
                await output.WriteLineAsync(
                    $"| {clients} | {kind.Name} | {MeanBatch(sum):N2} | {MeanBatch(sum) / MeanBatch(sums[0]):N2} "
                    + $"| {sum.Overlap:N3} | {sum.Images / sum.Seconds:N0} |");
            }
        }

        await output.WriteLineAsync("\nTwo gateways that share a Redis:\n");
        await new Scaling(Milliseconds / 4, Milliseconds, Batch, Time, Gateways: 2).RunAsync(output);
    }

    /// <summary>Computes the images of a batch of the drafter, whose batches all take the same time.</summary>
    private double MeanBatch(Work work) => work.Images * Milliseconds / 1000 / work.Drafter;

    private async Task<Work[]> MeasureAsync(int clients)
    {
        var sums = new Work[Kinds.Length];
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (i, kind) in Kinds.Index())
            {
                sums[i] += await MeasureAsync(kind.Gateways, kind.IsCluster, clients);
            }
        }

        return sums;
    }

    private async Task<Work> MeasureAsync(int gateways, bool isCluster, int clients)
    {
        await using var stages = await SimulatedStages.StartAsync(
            gateways, isCluster, Milliseconds, Milliseconds, refiners: 1, Batch);
        using var asking = new GatewayClients(stages);
        using var drafter = GrpcChannel.ForAddress($"http://127.0.0.1:{stages.Drafter.Port}");
        using var refiner = GrpcChannel.ForAddress($"http://127.0.0.1:{stages.Refiners[0].Port}");
        var (before, after) = (default(Work), default(Work));
        await new Load(clients, Time / 2, Time).RunAsync(
            asking.AskAsync,
            begin: async () => before = await ReadAsync(),
            end: async () => after = await ReadAsync());
        return after - before;

        async Task<Work> ReadAsync() => new(
            asking.Answered,
            (await new Drafting.DraftingClient(drafter).StatusAsync(new StatusRequest())).BusySeconds,
            (await new Refining.RefiningClient(refiner).StatusAsync(new StatusRequest())).BusySeconds,
            Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);
    }

    /// <summary>Work until a time, or in some time.</summary>
    /// <param name="Images">Images that were answered.</param>
    /// <param name="Drafter">Seconds in which the drafter was busy.</param>
    /// <param name="Refiner">Likewise the refiner.</param>
    private readonly record struct Work(int Images, double Drafter, double Refiner, double Seconds)
    {
        /// <summary>Gets the share of the time in which the busier stage computed.</summary>
        public double Overlap => Math.Max(Drafter, Refiner) / Seconds;

        public static Work operator +(Work one, Work other) => new(
            one.Images + other.Images, one.Drafter + other.Drafter, one.Refiner + other.Refiner,
            one.Seconds + other.Seconds);

        public static Work operator -(Work one, Work other) => new(
            one.Images - other.Images, one.Drafter - other.Drafter, one.Refiner - other.Refiner,
            one.Seconds - other.Seconds);
    }
}
