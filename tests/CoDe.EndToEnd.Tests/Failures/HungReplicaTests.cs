using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Failures;

/// <summary>Replicas that hang: they keep their connections and do nothing.</summary>
public sealed class HungReplicaTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("drafter")]
    [InlineData("refiner")]
    public async Task Batch_OfAReplicaThatHangs_GoesToAnother(string stage)
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var refiner = await ServiceProcess.StartRefinerAsync();
        await using var other = stage == "drafter"
            ? await ServiceProcess.StartDrafterAsync()
            : await ServiceProcess.StartRefinerAsync();
        var otherList = stage == "drafter" ? "Drafters" : "Refiners";
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}",
            $"--Gateway:{otherList}:1=http://127.0.0.1:{other.Port}");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        var requests = Enumerable.Range(0, 8).Select(label => client.GenerateAsync(
            new GenerateRequest { Labels = { $"{label}" }, Count = 8, Seed = 7, Format = ImageFormat.Rgb }));
        var answers = Task.WhenAll(requests.Select(call => call.ResponseAsync));

        Signals.Pause(other.ProcessId);

        using var reference = new ReferenceImages();
        foreach (var answer in await answers.WaitAsync(Patience))
        {
            var (_, expected) = reference.Decode(seed: 7, steps: 8, answer.Images[0].LabelName);
            Assert.True(answer.Images[0].Image.Data.Span.SequenceEqual(expected[0].Rgb));
        }

        Assert.True(await gateway.SaysAsync("it hangs"));
    }
}
