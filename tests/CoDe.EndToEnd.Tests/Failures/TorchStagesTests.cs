using CoDe.EndToEnd.Cluster;
using CoDe.Protocol.V1;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Failures;

/// <summary>
/// Stages on libtorch under failures. A fault of libtorch may end its process: TorchSharp has calls whose exceptions
/// nothing can catch.
/// </summary>
public sealed class TorchStagesTests
{
    private const int Requests = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TorchFact]
    public async Task Refiner_ThatAborts_LosesNoRequest()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var lost = await ServiceProcess.StartRefinerAsync(0, "--Refiner:Device:Name=torch");
        await using var kept = await ServiceProcess.StartRefinerAsync(0, "--Refiner:Device:Name=torch");
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{lost.Port}",
            $"--Gateway:Refiners:1=http://127.0.0.1:{kept.Port}");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        var undisturbed = await DecodeAsync(client, meanwhile: () => Task.CompletedTask);

        var disturbed = await DecodeAsync(client, meanwhile: lost.AbortAsync);

        AssertSame(undisturbed, disturbed);
    }

    [TorchFact]
    public async Task Dispatcher_ThatIsKilled_LosesNoRequestOfTheOtherGateway()
    {
        await using var cluster = await GatewayCluster.StartOnAsync("torch");
        var client = cluster.Connect(cluster.Second);
        var undisturbed = await DecodeAsync(client, meanwhile: () => Task.CompletedTask);
        Assert.False(cluster.SecondDispatches);

        var disturbed = await DecodeAsync(client, meanwhile: cluster.First.KillAsync);

        AssertSame(undisturbed, disturbed);
        await client.GenerateAsync(NumberedRequest.Of(0));
        Assert.True(cluster.SecondDispatches);
    }

    /// <summary>
    /// Makes the images of requests at once; something happens when a quarter of them, less than a batch, is answered.
    /// </summary>
    private static async Task<byte[][]> DecodeAsync(Generation.GenerationClient client, Func<Task> meanwhile)
    {
        var (answered, happened) = (0, Task.CompletedTask);
        var images = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async number =>
        {
            var response = await client.GenerateAsync(
                NumberedRequest.Of(number), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            if (Interlocked.Increment(ref answered) == Requests / 4)
            {
                happened = meanwhile();
            }

            return response.Images[0].Image.Data.ToByteArray();
        }));
        await happened;
        return images;
    }

    /// <summary>
    /// Compares images of two runs. In another batch a logit may be rounded otherwise, which rarely draws another
    /// token: one image may differ.
    /// </summary>
    private static void AssertSame(byte[][] undisturbed, byte[][] disturbed)
        => Assert.InRange(undisturbed.Zip(disturbed).Count(pair => !IsSame(pair.First, pair.Second)), 0, 1);

    private static bool IsSame(byte[] first, byte[] second)
        => first.Length == second.Length && first.Zip(second).All(pair => Math.Abs(pair.First - pair.Second) <= 1);
}
