using System.Globalization;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;
using Xunit.Abstractions;

namespace CoDe.Interop.Tests.Hostile;

/// <summary>Our server, in a process of its own, under everything that <see cref="AttackTable"/> lists at once.</summary>
public sealed class HostileServerTests(ITestOutputHelper output)
{
    private const int WarmUp = 30_000;
    private const int Exchanges = 104_000;
    private const int Attackers = 4;
    private const int Portion = 1000;
    private const int MostSaid = 40;

    /// <summary>
    /// Once warm, resident memory wanders by up to 45 MB and does not rise: 194 to 238 MB over 290,000 exchanges. What is kept of every
    /// exchange shows from some 650 bytes on.
    /// </summary>
    private const int MostGrowthMegabytes = 64;

    [Fact]
    public async Task Server_AfterAHundredThousandHostileExchanges_StillServesInFlatMemory()
    {
        using var server = new HostilePeer();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{server.Port}");
        var (warming, tally) = (new Tally(), new Tally());
        await AttackAsync(server, channel, warming, 0, WarmUp);
        var warm = await server.RestingMemoryAsync();
        await AttackAsync(server, channel, tally, WarmUp, Exchanges);
        var after = await server.RestingMemoryAsync();
        await CallAsync(channel);
        var said = string.Join('\n', server.Said.Take(MostSaid));
        Report(tally, string.Create(CultureInfo.InvariantCulture, $"{tally.Total} exchanges after {warming.Total} to warm up; the server's resident memory: {warm:F1} MB warm, {after:F1} MB after.{(said.Length == 0 ? "" : $"\n\nThe server said:\n\n{said}")}"));
        Assert.Empty(tally.Hangs);
        Assert.Equal("", said);
        Assert.Equal(Exchanges, tally.Total);
        Assert.Empty(tally.NeverRun);
        Assert.True(after - warm <= MostGrowthMegabytes, $"The server grew from {warm:F1} to {after:F1} MB.");
    }

    /// <summary>Attackers at once, each a portion at a time; a healthy call stands between portions.</summary>
    private static async Task AttackAsync(HostilePeer server, GrpcChannel channel, Tally tally, int firstSeed, int count)
    {
        var next = firstSeed;
        await Task.WhenAll(Enumerable.Range(0, Attackers).Select(_ => Task.Run(async () =>
        {
            using var attacker = new Attacker(server.Port, tally);
            for (int seed; (seed = Interlocked.Add(ref next, Portion) - Portion) < firstSeed + count;)
            {
                await attacker.RunAsync(seed, Math.Min(Portion, firstSeed + count - seed));
                await CallAsync(channel);
            }
        })));
    }

    private static async Task CallAsync(GrpcChannel channel)
    {
        var request = new SimpleRequest { ResponseSize = 100 };
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(10);
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(request, deadline: deadline);
        Assert.Equal(100, response.Payload.Body.Length);
    }

    private void Report(Tally tally, string summary)
    {
        var report = $"{summary}\n\n{tally.ToMarkdown()}";
        output.WriteLine(report);
        File.WriteAllText(Artifacts.PathOf("hostile.md"), report);
    }
}
