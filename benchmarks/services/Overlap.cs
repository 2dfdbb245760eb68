using System.Diagnostics;
using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Net.Client;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Measures the share of the time in which the slower of two real stages, each on its own core, computes.
/// </summary>
internal sealed record Overlap(uint Steps, int Batch, TimeSpan Time)
{
    public async Task RunAsync(TextWriter output)
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync(
            0, "--Drafter:Device:Threads=1", $"--Drafter:LargestBatch={Batch}");
        await using var refiner = await ServiceProcess.StartRefinerAsync(
            0, "--Refiner:Device:Threads=1", $"--Refiner:LargestBatch={Batch}");
        await PinAsync(drafter, core: 0);
        await PinAsync(refiner, core: 1);
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}", $"--Gateway:LargestBatch={Batch}");
        using var channels = new Channels(gateway, drafter, refiner);

        // Enough for a batch at each stage and one that waits before it.
        var (clients, number) = (4 * Batch, 0UL);
        var (before, after, began, wall) = ((0.0, 0.0), (0.0, 0.0), 0L, 0.0);
        var load = await new Load(clients, Time / 6, Time).RunAsync(
            async () => await channels.Generation.GenerateAsync(Request(Interlocked.Increment(ref number))),
            begin: async () => (before, began) = (await channels.BusyAsync(), Stopwatch.GetTimestamp()),
            end: async () =>
            {
                after = await channels.BusyAsync();
                wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
            });
        var (drafting, refining) = ((after.Item1 - before.Item1) / wall, (after.Item2 - before.Item2) / wall);
        var efficiency = Math.Max(drafting, refining);
        await output.WriteLineAsync(
            "| N | batch | images/s | drafter busy | refiner busy | overlap efficiency | p50 ms | p99 ms |");
        await output.WriteLineAsync("|---|---|---|---|---|---|---|---|");
        await output.WriteLineAsync(
            $"| {Steps} | {Batch} | {load.PerSecond:N1} | {drafting:P1} | {refining:P1} | {efficiency:N3} "
            + $"| {load.P50:N0} | {load.P99:N0} |");
    }

    private GenerateRequest Request(ulong seed)
        => new() { Labels = { "0" }, Steps = Steps, Seed = seed, Format = ImageFormat.Rgb };

    /// <summary>All threads there are; those that come are made by these.</summary>
    private static async Task PinAsync(ServiceProcess process, int core)
    {
        var result = await Command.RunAsync("taskset", "-a", "-c", "-p", $"{core}", $"{process.ProcessId}");
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(result.Error);
        }
    }

    private sealed class Channels(ServiceProcess gateway, ServiceProcess drafter, ServiceProcess refiner) : IDisposable
    {
        private readonly GrpcChannel[] _channels = [.. new[] { gateway, drafter, refiner }
            .Select(process => GrpcChannel.ForAddress($"http://127.0.0.1:{process.Port}"))];

        public Generation.GenerationClient Generation => new(_channels[0]);

        /// <summary>Seconds that each device has computed.</summary>
        public async Task<(double Drafter, double Refiner)> BusyAsync() => (
            (await new Drafting.DraftingClient(_channels[1]).StatusAsync(new StatusRequest())).BusySeconds,
            (await new Refining.RefiningClient(_channels[2]).StatusAsync(new StatusRequest())).BusySeconds);

        public void Dispose() => Array.ForEach(_channels, channel => channel.Dispose());
    }
}
