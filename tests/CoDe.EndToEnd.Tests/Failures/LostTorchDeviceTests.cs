using CoDe.Protocol.V1;
using CoDe.Testing;
using CoDe.Testing.Processes;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Failures;

/// <summary>
/// Stages on libtorch, whose faults may end the process: TorchSharp has calls whose exceptions nothing can catch.
/// </summary>
public sealed class LostTorchDeviceTests
{
    private const int Requests = 12;
    private const string OnTorch = "Device:Name=torch";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TorchFact]
    public async Task Refiner_ThatAborts_LosesNoRequest()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync(0, $"--Drafter:{OnTorch}");
        await using var lost = await ServiceProcess.StartRefinerAsync(0, $"--Refiner:{OnTorch}");
        await using var kept = await ServiceProcess.StartRefinerAsync(0, $"--Refiner:{OnTorch}");
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{lost.Port}",
            $"--Gateway:Refiners:1=http://127.0.0.1:{kept.Port}");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        var undisturbed = await DecodeAsync(client, half: () => Task.CompletedTask);

        var disturbed = await DecodeAsync(client, half: lost.AbortAsync);

        // A retry in another batch may round a logit otherwise, and then at most rarely draw another token.
        Assert.InRange(undisturbed.Zip(disturbed).Count(pair => !IsSame(pair.First, pair.Second)), 0, 1);
    }

    /// <summary>The images of requests at once; something happens when half of them are answered.</summary>
    private static async Task<byte[][]> DecodeAsync(Generation.GenerationClient client, Func<Task> half)
    {
        var (answered, happened) = (0, Task.CompletedTask);
        var images = await Task.WhenAll(Enumerable.Range(0, Requests).Select(async number =>
        {
            var request = new GenerateRequest
            {
                Labels = { $"{number % 10}" },
                Seed = (ulong)number,
                Steps = 8,
                Format = ImageFormat.Rgb,
            };
            var response = await client.GenerateAsync(
                request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            if (Interlocked.Increment(ref answered) == Requests / 2)
            {
                happened = half();
            }

            return response.Images[0].Image.Data.ToByteArray();
        }));
        await happened;
        return images;
    }

    private static bool IsSame(byte[] first, byte[] second)
        => first.Length == second.Length && first.Zip(second).All(pair => Math.Abs(pair.First - pair.Second) <= 1);
}
