using System.Collections.Concurrent;
using System.Globalization;
using CoDe.Protocol.V1;
using CoDe.Testing;
using Grpc.Net.Client;
using Xunit;
using Xunit.Abstractions;

namespace CoDe.EndToEnd.Hostile;

/// <summary>A gateway under every attack of <see cref="AttackTable"/> and under malformed HTTP/1.1.</summary>
public sealed class HostileServerTests(ITestOutputHelper output)
{
    /// <summary>
    /// Kestrel's line about a connection that never ends, which some runs have: streams waited for a window when they
    /// were reset. It costs nothing that lasts: <c>ConnectionSlots</c> counts sockets, and memory stays flat.
    /// </summary>
    private const string Abandoned = "Microsoft.AspNetCore.Server.Kestrel[23]";

    private const int WarmUp = 20_000;
    private const int Exchanges = 90_000;
    private const int HttpExchanges = 10_000;
    private const int Attackers = 4;
    private const int Portion = 500;

    /// <summary>
    /// Largest growth once warm. Resident memory varies by 15 MB and does not rise; 650 bytes kept of each exchange
    /// would exceed it.
    /// </summary>
    private const int MostGrowthMegabytes = 64;

    [Fact]
    public async Task Gateway_AfterAHundredThousandHostileExchanges_StillServesInFlatMemory()
    {
        await using var gateway = await HostilePeer.StartAsync();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var (warming, tally, http) = (new Tally(), new Tally(), new ConcurrentDictionary<string, int>());
        await AttackAsync(gateway, channel, warming, 0, WarmUp);
        await AttackHttpAsync(gateway, new ConcurrentDictionary<string, int>(), 0, HttpExchanges / 5);
        var warm = await gateway.RestingMemoryAsync();
        await AttackAsync(gateway, channel, tally, WarmUp, Exchanges);
        await AttackHttpAsync(gateway, http, HttpExchanges, HttpExchanges);
        var after = await gateway.RestingMemoryAsync();
        var request = new GenerateRequest { Labels = { "star" }, Seed = 7 };
        var image = await new Generation.GenerationClient(channel).GenerateAsync(request);
        Report(tally, http, string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {tally.Total} exchanges over HTTP/2 and {http.Values.Sum()} over HTTP/1.1.
            Resident memory: {warm:F1} MB warm, {after:F1} MB after.
            """));
        Assert.Equal(64u, image.Images[0].Image.Width);
        Assert.Empty(tally.Hangs);
        Assert.Equal(0, http.GetValueOrDefault(Reaction.Hang));
        Assert.DoesNotContain(gateway.Said, line => !line.Contains(Abandoned, StringComparison.Ordinal));
        Assert.Equal((Exchanges, HttpExchanges), (tally.Total, http.Values.Sum()));
        Assert.Empty(tally.NeverRun);
        Assert.True(after - warm <= MostGrowthMegabytes, $"The gateway grew from {warm:F1} to {after:F1} MB.");
    }

    /// <summary>Runs several attackers, each a portion at a time; a healthy call stands between portions.</summary>
    private static async Task AttackAsync(
        HostilePeer gateway, GrpcChannel channel, Tally tally, int firstSeed, int count)
    {
        var next = firstSeed;
        await Task.WhenAll(Enumerable.Range(0, Attackers).Select(_ => Task.Run(async () =>
        {
            using var attacker = new Attacker(gateway.Port, tally);
            for (int seed; (seed = Interlocked.Add(ref next, Portion) - Portion) < firstSeed + count;)
            {
                await attacker.RunAsync(seed, Math.Min(Portion, firstSeed + count - seed));
                await CallAsync(channel);
            }
        })));
    }

    private static async Task AttackHttpAsync(
        HostilePeer gateway, ConcurrentDictionary<string, int> reactions, int firstSeed, int count)
    {
        var attacker = new HttpAttacker(gateway.HttpPort);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Attackers };
        await Parallel.ForAsync(firstSeed, firstSeed + count, options, async (seed, _) =>
        {
            var reaction = await attacker.RunAsync(seed);
            reactions.AddOrUpdate(reaction, 1, (_, times) => times + 1);
        });
    }

    private static async Task CallAsync(GrpcChannel channel)
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20);
        var client = new Generation.GenerationClient(channel);
        var models = await client.ListModelsAsync(new ListModelsRequest(), deadline: deadline);
        Assert.Equal("tiny", Assert.Single(models.Models).Name);
    }

    private void Report(Tally tally, ConcurrentDictionary<string, int> http, string summary)
    {
        var report = $"{summary}\n\nHTTP/1.1: {Tally.Describe(http)}\n\n{tally.ToMarkdown()}";
        output.WriteLine(report);
        File.WriteAllText(Path.Combine(RepositoryPaths.Root, "artifacts", "hostile.md"), report);
    }
}
