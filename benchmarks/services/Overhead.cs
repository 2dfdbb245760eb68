using CoDe.Protocol.V1;
using CoDe.Testing.Certificates;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Measures the time that the gateway adds to the two stage calls of an image, and its throughput with stages that take
/// no time.
/// </summary>
internal sealed record Overhead(TimeSpan Time)
{
    public async Task RunAsync(TextWriter output)
    {
        using var tls = Doors.Closed(withKey: false);
        using var closed = Doors.Closed();
        await using var stages = await SimulatedStages.StartAsync(0, 0, refiners: 1, batch: 8);
        using var calls = new Calls(stages);
        await output.WriteLineAsync("| clients | through | images/s | p50 ms | p99 ms |\n|---|---|---|---|---|");
        foreach (var clients in new[] { 1, 8 })
        {
            await PrintAsync("stages, called one after the other", clients, calls.StagesAsync);
            await PrintAsync("gateway", clients, calls.GatewayAsync);
        }

        foreach (var clients in new[] { 32, 128 })
        {
            await PrintAsync("gateway", clients, calls.GatewayAsync);
        }

        await using var sealedStages = await SimulatedStages.StartAsync(tls, batch: 8);
        await using var closedStages = await SimulatedStages.StartAsync(closed, batch: 8);
        using var withTls = new GatewayClients(sealedStages);
        using var withKey = new GatewayClients(closedStages);
        foreach (var clients in new[] { 1, 8, 32, 128 })
        {
            await PrintAsync("gateway", clients, calls.GatewayAsync);
            await PrintAsync("gateway with TLS", clients, withTls.AskAsync);
            await PrintAsync("gateway with TLS and keys", clients, withKey.AskAsync);
        }

        async Task PrintAsync(string name, int clients, Func<Task> ask)
        {
            var load = await new Load(clients, Time / 2, Time).RunAsync(ask);
            await output.WriteLineAsync(
                $"| {clients} | {name} | {load.PerSecond:N0} | {load.P50:N2} | {load.P99:N2} |");
        }
    }

    private sealed class Calls(SimulatedStages stages) : IDisposable
    {
        private readonly GrpcChannel[] _channels = [.. new[] { stages.Gateway, stages.Drafter, stages.Refiners[0] }
            .Select(process => GrpcChannel.ForAddress($"http://127.0.0.1:{process.Port}"))];

        public async Task GatewayAsync() => await new Generation.GenerationClient(_channels[0])
            .GenerateAsync(new GenerateRequest { Labels = { "0" }, Steps = 8, Format = ImageFormat.Rgb });

        /// <summary>The same as the gateway calls for one image.</summary>
        public async Task StagesAsync()
        {
            var image = new ImageSpec
            {
                Label = 0,
                Sampling = new Sampling { Guidance = 1.5, TopP = 1, Temperatures = { 1 } },
            };
            using var drafting = new Drafting.DraftingClient(_channels[1])
                .Draft(new DraftRequest { Model = "tiny", Steps = 8, Images = { image } });
            var drafts = (await LastAsync(drafting.ResponseStream)).Drafts;
            var refine = new RefineImage { Spec = image, Draft = drafts.Drafts_[0], Format = ImageFormat.Rgb };
            using var refining = new Refining.RefiningClient(_channels[2])
                .Refine(new RefineRequest { Model = "tiny", Images = { refine } });
            await LastAsync(refining.ResponseStream);
        }

        public void Dispose() => Array.ForEach(_channels, channel => channel.Dispose());

        private static async Task<T> LastAsync<T>(IAsyncStreamReader<T> stream)
        {
            T? last = default;
            await foreach (var each in stream.ReadAllAsync())
            {
                last = each;
            }

            return last ?? throw new InvalidOperationException("The stage said nothing.");
        }
    }
}
