using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.EndToEnd.Cluster;

/// <summary>Two gateways that share results through a Redis, which then goes away.</summary>
public sealed class SharedResultsTests
{
    private const string Cache = "--Gateway:CacheMegabytes=16";
    private const string Hit = "code; hit";
    private const string Stored = "code; fwd=miss; stored";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Image_MadeThroughOneGateway_IsAHitOfTheOther()
    {
        await using var cluster = await GatewayCluster.StartAsync(Cache);
        var (first, second) = (cluster.Connect(cluster.First), cluster.Connect(cluster.Second));
        var (made, status) = await AskAsync(first, seed: 1);
        Assert.Equal(Stored, status);
        Assert.Equal(made, await HitAsync(second, seed: 1));
    }

    [Fact]
    public async Task Redis_ThatIsKilledAndStartedAgain_CostsOnlyItsHits()
    {
        await using var cluster = await GatewayCluster.StartAsync(Cache);
        var (first, second) = (cluster.Connect(cluster.First), cluster.Connect(cluster.Second));
        var (made, _) = await AskAsync(first, seed: 1);
        await cluster.Redis.KillAsync();
        Assert.Equal((made, Hit), await AskAsync(first, seed: 1));
        Assert.Equal((made, Stored), await AskAsync(second, seed: 1));
        Assert.Equal(Stored, (await AskAsync(second, seed: 2)).Status);
        await cluster.Redis.RestartAsync();
        await SharesAgainAsync(first, second);
    }

    [Fact]
    public async Task Redis_ThatHangs_CostsOnlyItsHits()
    {
        await using var cluster = await GatewayCluster.StartAsync(Cache);
        var (first, second) = (cluster.Connect(cluster.First), cluster.Connect(cluster.Second));
        var (made, _) = await AskAsync(first, seed: 1);
        cluster.Redis.Pause();
        Assert.Equal((made, Stored), await AskAsync(second, seed: 1));
        Assert.True(await cluster.Second.SaysAsync("goes on without Redis"));
    }

    private static async Task<(GenerateResponse Response, string? Status)> AskAsync(
        Generation.GenerationClient client, ulong seed)
    {
        using var call = client.GenerateAsync(
            new GenerateRequest { Labels = { "star" }, Seed = seed, Steps = 8, Tokens = true },
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
        return (await call, call.GetTrailers().GetValue("cache-status"));
    }

    /// <summary>Asks until it is a hit: Redis gets images soon after they are answered.</summary>
    private static async Task<GenerateResponse> HitAsync(Generation.GenerationClient client, ulong seed)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var (response, status) = await AskAsync(client, seed);
            if (status == Hit)
            {
                return response;
            }

            await Task.Delay(5, patience.Token);
        }
    }

    /// <summary>Makes images through one gateway until one is a hit of the other.</summary>
    private static async Task SharesAgainAsync(Generation.GenerationClient first, Generation.GenerationClient second)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var seed = 100ul; ; seed++)
        {
            var (made, _) = await AskAsync(first, seed);
            var (found, status) = await AskAsync(second, seed);
            Assert.Equal(made, found);
            if (status == Hit)
            {
                return;
            }

            await Task.Delay(50, patience.Token);
        }
    }
}
