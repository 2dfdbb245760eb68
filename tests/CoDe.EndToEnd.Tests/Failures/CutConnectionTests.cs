using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Failures;

/// <summary>Networks that fail while the processes at both ends live.</summary>
public sealed class CutConnectionTests
{
    private const int Requests = 4;
    private const int Steps = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Gateway_CutOffFromItsOnlyDrafter_LosesNoRequest()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var refiner = await ServiceProcess.StartRefinerAsync();
        await using var relay = new TcpRelay(drafter.Port);
        await using var gateway = await StartGatewayAsync(relay.Port, refiner.Port);
        await AssertAnswersAsync(gateway, relay, progress =>
            progress.EventCase == GenerateEvent.EventOneofCase.ScaleDone && progress.ScaleDone.Scales < Steps);
    }

    [Fact]
    public async Task Gateway_CutOffFromItsOnlyRefiner_LosesNoRequest()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var refiner = await ServiceProcess.StartRefinerAsync();
        await using var relay = new TcpRelay(refiner.Port);
        await using var gateway = await StartGatewayAsync(drafter.Port, relay.Port);
        await AssertAnswersAsync(
            gateway, relay, progress => progress.EventCase == GenerateEvent.EventOneofCase.Drafted);
    }

    private static Task<ServiceProcess> StartGatewayAsync(int drafter, int refiner)
        => ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter}", $"--Gateway:Refiners:0=http://127.0.0.1:{refiner}");

    /// <summary>Cuts the connection in the middle of each request, which must still end with the same image.</summary>
    /// <param name="isInTheMiddle">Whether the stage behind the relay is at work when this is told.</param>
    private static async Task AssertAnswersAsync(
        ServiceProcess gateway, TcpRelay relay, Func<GenerateEvent, bool> isInTheMiddle)
    {
        using var reference = new ReferenceImages();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var client = new Generation.GenerationClient(channel);
        for (var number = 0; number < Requests; number++)
        {
            var request = new GenerateRequest
            {
                Labels = { $"{number}" },
                Seed = (ulong)number,
                Steps = Steps,
                Format = ImageFormat.Rgb,
            };
            using var call = client.GenerateStream(
                request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
            var (cut, image) = (false, default(GeneratedImage));
            await foreach (var progress in call.ResponseStream.ReadAllAsync())
            {
                if (!cut && isInTheMiddle(progress))
                {
                    cut = relay.Cut() > 0;
                }

                image = progress.Image ?? image;
            }

            Assert.True(cut);
            Assert.Equal(
                reference.Decode((ulong)number, Steps, $"{number}").Images[0].Rgb, image?.Image.Data.ToByteArray());
        }
    }
}
