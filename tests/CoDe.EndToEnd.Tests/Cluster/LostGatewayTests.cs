using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Cluster;

/// <summary>The gateway that dispatches for both ends while clients of the other wait.</summary>
public sealed class LostGatewayTests
{
    private const int Clients = 4;
    private const int RequestsOfEach = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispatcher_ThatIsKilled_CostsTheOthersClientsNothing(bool isClosed)
    {
        await using var cluster = await (isClosed ? GatewayCluster.StartClosedAsync() : GatewayCluster.StartAsync());
        var images = RunAsync(cluster.Connect(cluster.Second), out var underWay);
        await underWay.WaitAsync(Patience);
        Assert.False(cluster.SecondDispatches);
        await cluster.First.KillAsync();
        await AssertEqualToReferenceAsync(images);
        Assert.True(cluster.SecondDispatches);
    }

    [Fact]
    public async Task Dispatcher_ThatIsStopped_CostsTheOthersClientsNothing()
    {
        await using var cluster = await GatewayCluster.StartAsync();
        var images = RunAsync(cluster.Connect(cluster.Second), out var underWay);
        await underWay.WaitAsync(Patience);
        Assert.False(cluster.SecondDispatches);
        Signals.Pause(cluster.First.ProcessId);
        await AssertEqualToReferenceAsync(images);
        Assert.True(cluster.SecondDispatches);
    }

    [Fact]
    public async Task Dispatcher_ToldToEnd_FinishesItsCallsAndHandsOverTheOthers()
    {
        await using var cluster = await GatewayCluster.StartAsync();
        var own = RunAsync(cluster.Connect(cluster.First), out var underWay, requestsOfEach: 1);
        var others = RunAsync(cluster.Connect(cluster.Second), out var othersUnderWay);
        await Task.WhenAll(underWay, othersUnderWay).WaitAsync(Patience);
        Assert.False(cluster.SecondDispatches);
        Assert.Equal(0, await cluster.First.StopAsync().WaitAsync(Patience));
        await AssertEqualToReferenceAsync(own);
        await AssertEqualToReferenceAsync(others);
        Assert.True(cluster.SecondDispatches);
    }

    [Fact]
    public async Task Redis_ThatIsKilledAndStartedAgain_InterruptsNothing()
    {
        await using var cluster = await GatewayCluster.StartAsync();
        var client = cluster.Connect(cluster.Second);
        var images = RunAsync(client, out var underWay);
        await underWay.WaitAsync(Patience);
        await cluster.Redis.RestartAsync();
        await AssertEqualToReferenceAsync(images);

        // The membership still works: another dispatcher takes over.
        await cluster.First.KillAsync();
        await AssertEqualToReferenceAsync(RunAsync(client, out _, requestsOfEach: 1));
        Assert.True(cluster.SecondDispatches);
    }

    /// <summary>Runs clients, each with one request after the other.</summary>
    /// <param name="underWay">Completes once the first images are drafted.</param>
    private static Task<GeneratedImage[]> RunAsync(
        Generation.GenerationClient client, out Task underWay, int requestsOfEach = RequestsOfEach)
    {
        var drafted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        underWay = drafted.Task;
        return RunAllAsync();

        async Task<GeneratedImage[]> RunAllAsync()
            => [.. (await Task.WhenAll(Enumerable.Range(0, Clients).Select(RunClientAsync))).SelectMany(each => each)];

        async Task<List<GeneratedImage>> RunClientAsync(int label)
        {
            var images = new List<GeneratedImage>();
            for (var request = 0; request < requestsOfEach; request++)
            {
                using var call = client.GenerateStream(
                    new GenerateRequest { Labels = { $"{label}" }, Seed = 7, Steps = 8, Format = ImageFormat.Rgb },
                    deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
                while (await call.ResponseStream.MoveNext(default))
                {
                    if (call.ResponseStream.Current.Drafted is not null)
                    {
                        drafted.TrySetResult();
                    }

                    if (call.ResponseStream.Current.Image is { } image)
                    {
                        images.Add(image);
                    }
                }
            }

            Assert.Equal(requestsOfEach, images.Count);
            return images;
        }
    }

    private static async Task AssertEqualToReferenceAsync(Task<GeneratedImage[]> images)
    {
        using var reference = new ReferenceImages();
        foreach (var image in await images.WaitAsync(Patience))
        {
            var (_, expected) = reference.Decode(seed: 7, steps: 8, image.LabelName);
            Assert.True(image.Image.Data.Span.SequenceEqual(expected[0].Rgb), image.LabelName);
        }
    }
}
