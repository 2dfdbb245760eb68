using System.Diagnostics;
using CoDe.Planning;
using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Net.Client;

namespace CoDe.Benchmarks.Services;

/// <summary>Compares what the planner predicts of topologies with what a gateway and simulated stages do.</summary>
/// <param name="Draft">Milliseconds of a batch in a drafter, besides those of its images.</param>
/// <param name="Refine">Likewise in a refiner.</param>
/// <param name="PerImage">Milliseconds of each image in either stage.</param>
/// <param name="Load">Share of the capacity at which images come, at random times.</param>
internal sealed record Prediction(double Draft, double Refine, double PerImage, int Batch, double Load, TimeSpan Time)
{
    private static readonly Topology[] Topologies = [new(1, 1, false), new(1, 2, false), new(2, 3, false)];

    public async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync(
            "| topology | images/s: predicted | measured | drafters busy | | refiners busy | | p50 ms | | p95 ms | |");
        await output.WriteLineAsync("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var topology in Topologies)
        {
            var rate = Load * Simulate(topology, new double[100 * Batch * topology.Devices]).Throughput;
            double[] arrivals =
            [
                .. Arrivals.AtRandom(rate, seed: 1).TakeWhile(time => time < Time).Select(time => time.TotalSeconds),
            ];
            var (predicted, measured) = (Simulate(topology, arrivals), await MeasureAsync(topology, arrivals));
            await output.WriteLineAsync(
                $"| {topology} | {predicted.Throughput:N2} | {measured.Throughput:N2} "
                + $"| {predicted.Drafting:P0} | {measured.Drafting:P0} "
                + $"| {predicted.Refining:P0} | {measured.Refining:P0} "
                + $"| {1000 * predicted.Latency(0.5):N0} | {1000 * measured.Latency(0.5):N0} "
                + $"| {1000 * predicted.Latency(0.95):N0} | {1000 * measured.Latency(0.95):N0} |");
        }
    }

    private ServingRun Simulate(Topology topology, double[] arrivals)
        => new ServingSimulation(topology, CostOf(Draft), CostOf(Refine), Batch).Run(arrivals);

    private StageCost CostOf(double milliseconds)
        => new(
            new MeasuredCurve([.. new[] { 1, Batch }.Select(
                images => (images, (milliseconds + (images * PerImage)) / 1000))]),
            null);

    private async Task<ServingRun> MeasureAsync(Topology topology, double[] arrivals)
    {
        await using var drafters = await StartAsync("drafter", Draft, topology.Drafters);
        await using var refiners = await StartAsync("refiner", Refine, topology.Refiners);
        await using var gateway = await ServiceProcess.StartGatewayAsync(
        [
            $"--Gateway:LargestBatch={Batch}",
            .. drafters.Addresses.Select((address, i) => $"--Gateway:Drafters:{i}={address}"),
            .. refiners.Addresses.Select((address, i) => $"--Gateway:Refiners:{i}={address}"),
        ]);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        await AskAsync(client);
        var (draftsBefore, refinesBefore) = (await drafters.BusyAsync(), await refiners.BusyAsync());
        var start = Stopwatch.GetTimestamp();
        var finishes = await Task.WhenAll(arrivals.Select(async arrival =>
        {
            await Task.Delay(TimeSpan.FromSeconds(arrival));
            await AskAsync(client);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }));
        var seconds = finishes.Max();
        return new ServingRun(
            arrivals, finishes, (await drafters.BusyAsync() - draftsBefore) / (topology.Drafters * seconds),
            (await refiners.BusyAsync() - refinesBefore) / (topology.Refiners * seconds), 0);
    }

    private static async Task AskAsync(Generation.GenerationClient client)
        => await client.GenerateAsync(new GenerateRequest { Labels = { "0" }, Steps = 8, Format = ImageFormat.Rgb });

    private async Task<Stages> StartAsync(string kind, double milliseconds, int replicas)
        => new(kind, await Task.WhenAll(Enumerable.Range(0, replicas).Select(
            _ => ServiceProcess.StartSimulatedStageAsync(
                kind, milliseconds, "--per-image", FormattableString.Invariant($"{PerImage}"),
                "--largest-batch", $"{Batch}"))));

    /// <summary>Replicas of a stage.</summary>
    private sealed class Stages(string kind, ServiceProcess[] replicas) : IAsyncDisposable
    {
        public IEnumerable<string> Addresses => replicas.Select(replica => $"http://127.0.0.1:{replica.Port}");

        /// <summary>Sums the seconds in which they were busy.</summary>
        public async Task<double> BusyAsync() => (await Task.WhenAll(Addresses.Select(async address =>
        {
            using var channel = GrpcChannel.ForAddress(address);
            var status = kind == "drafter"
                ? await new Drafting.DraftingClient(channel).StatusAsync(new StatusRequest())
                : await new Refining.RefiningClient(channel).StatusAsync(new StatusRequest());
            return status.BusySeconds;
        }))).Sum();

        public async ValueTask DisposeAsync()
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }
}
