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

    /// <summary>Makes requests differ, so that none is a hit.</summary>
    private ulong _seed = 1;

    public async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync("| clients | answered by | images/s | p50 ms | p99 ms |\n|---|---|---|---|---|");
        await using var stages = await SimulatedStages.StartAsync(0, 0, refiners: 1, batch: 8, On);
        using var channel = Open(stages.Gateway);
        foreach (var clients in new[] { 1, 8, 32 })
        {
            await PrintAsync(output, "stages that take no time", clients, () => AskAsync(channel, NextSeed()));
            await PrintAsync(output, "memory", clients, () => AskAsync(channel, seed: 0));
        }

        if (File.Exists(RedisServer.Program))
        {
            await RunWithRedisAsync(output);
        }
    }

    /// <summary>Images made through one gateway and asked of another, whose own memory holds a few.</summary>
    private async Task RunWithRedisAsync(TextWriter output)
    {
        const int images = 2000;
        await using var redis = await RedisServer.StartAsync();
        string[] cluster = [redis.Setting, "--Gateway:SiloHost=127.0.0.1", "--Gateway:SiloPort=0"];
        await using var stages = await SimulatedStages.StartAsync(0, 0, refiners: 1, batch: 8, [On, .. cluster]);
        await using var other = await ServiceProcess.StartGatewayAsync(
        [
            .. cluster, "--Gateway:CacheMegabytes=1", $"--Gateway:Drafters:0=http://127.0.0.1:{stages.Drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{stages.Refiners[0].Port}",
        ]);
        using var channel = Open(stages.Gateway);
        for (var seed = 0ul; seed < images; seed++)
        {
            await AskAsync(channel, seed);
        }

        using var toOther = Open(other);
        await PrintAsync(output, "Redis", 1, () => AskAsync(toOther, NextSeed() % images));
        redis.Pause();
        await PrintAsync(
            output, "stages that take no time, while Redis hangs", 1, () => AskAsync(channel, images + NextSeed()));
    }

    private static GrpcChannel Open(ServiceProcess gateway)
        => GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");

    private static async Task AskAsync(GrpcChannel channel, ulong seed) => await new Generation
        .GenerationClient(channel)
        .GenerateAsync(new GenerateRequest { Labels = { "0" }, Seed = seed, Steps = 8, Format = ImageFormat.Rgb });

    private ulong NextSeed() => Interlocked.Increment(ref _seed);

    private async Task PrintAsync(TextWriter output, string name, int clients, Func<Task> ask)
    {
        var load = await new Load(clients, Time / 2, Time).RunAsync(ask);
        await output.WriteLineAsync($"| {clients} | {name} | {load.PerSecond:N0} | {load.P50:N2} | {load.P99:N2} |");
    }
}
