using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Net.Client;

namespace CoDe.Benchmarks.Services;

/// <summary>
/// Measures requests that the gateway answers from its result cache, beside those that stages answer that take no time.
/// Where a Redis is installed, images that only it has are measured too.
/// </summary>
internal sealed record Cache(TimeSpan Time)
{
    private const string On = "--Gateway:CacheMegabytes=256";
    private const string Hit = "code; hit";
    private const string Miss = "code; fwd=miss; stored";

    /// <summary>Makes requests differ, so that none is a hit.</summary>
    private ulong _seed = 1;

    public async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| clients | answered by | images/s | p50 ms | p99 ms |\n|---|---|---|---|---|");
        await using var stages = await SimulatedStages.StartAsync(0, 0, refiners: 1, batch: 8, On);
        using var channel = Open(stages.Gateway);
        foreach (var clients in new[] { 1, 8, 32 })
        {
            await PrintAsync(output, "stages that take no time", clients, () => AskAsync(channel, NextSeed(), Miss));
            await AskAsync(channel, seed: 0, expected: null);
            await PrintAsync(output, "memory", clients, () => AskAsync(channel, seed: 0, Hit));
        }

        await RunWithRedisAsync(output);
    }

    /// <summary>Images made through one gateway and asked of another, whose own memory holds some of them.</summary>
    private async Task RunWithRedisAsync(TextWriter output)
    {
        // More than a megabyte of them: asked for in turn, each has left the memory before it is asked for again.
        const int images = 20_000;
        await using var redis = await RedisServer.StartAsync();
        string[] cluster = [redis.Setting, "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0"];
        await using var stages = await SimulatedStages.StartAsync(0, 0, refiners: 1, batch: 8, [On, .. cluster]);
        await using var other = await ServiceProcess.StartGatewayAsync(
        [
            .. cluster, "--Gateway:CacheMegabytes=1", $"--Gateway:Drafters:0=http://127.0.0.1:{stages.Drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{stages.Refiners[0].Port}",
        ]);
        using var channel = Open(stages.Gateway);
        var seeds = Enumerable.Range(0, images).Select(seed => (ulong)seed);
        await Parallel.ForEachAsync(seeds, async (seed, _) => await AskAsync(channel, seed, Miss));
        using var toOther = Open(other);
        await PrintAsync(output, "Redis", 1, () => AskAsync(toOther, NextSeed() % images, Hit));
        redis.Pause();
        await PrintAsync(
            output, "stages that take no time, while Redis hangs", 1,
            () => AskAsync(channel, images + NextSeed(), Miss));
    }

    private static GrpcChannel Open(ServiceProcess gateway)
        => GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");

    /// <param name="expected">The status that the answer must have; null for any.</param>
    private static async Task AskAsync(GrpcChannel channel, ulong seed, string? expected)
    {
        using var call = new Generation.GenerationClient(channel).GenerateAsync(
            new GenerateRequest { Labels = { "0" }, Seed = seed, Steps = 8, Format = ImageFormat.Rgb });
        await call;
        var status = call.GetTrailers().GetValue("cache-status");
        if (expected is not null && status != expected)
        {
            throw new InvalidOperationException($"The cache says {status} instead of {expected}.");
        }
    }

    private ulong NextSeed() => Interlocked.Increment(ref _seed);

    private async Task PrintAsync(TextWriter output, string name, int clients, Func<Task> ask)
    {
        var load = await new Load(clients, Time / 2, Time).RunAsync(ask);
        await output.WriteLineAsync($"| {clients} | {name} | {load.PerSecond:N0} | {load.P50:N2} | {load.P99:N2} |");
    }
}
