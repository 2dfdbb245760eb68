using CoDe.CudaStandIn;
using CoDe.Processes;
using CoDe.Protocol.V1;
using Grpc.Net.Client;
using Xunit;

namespace CoDe.EndToEnd.Cuda;

/// <summary>Services on the CUDA back end, whose kernels are run by this processor: each process has its own two cards.</summary>
public sealed class CudaServicesTests
{
    [CardFact]
    public async Task Stages_OnTwoCards_GiveTheImagesOfOne()
    {
        await using var drafter = await ServiceProcess.StartDrafterAsync(0, OnCard("Drafter", 0), With());
        await using var refiner = await ServiceProcess.StartRefinerAsync(0, OnCard("Refiner", 1), With());
        await using var split = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}", $"--Gateway:Refiners:0=http://127.0.0.1:{refiner.Port}");
        await using var whole = await ServiceProcess.StartGatewayAsync(OnCard("Worker", 0), With());
        Assert.Equal(await ImagesAsync(whole, "star", "heart"), await ImagesAsync(split, "star", "heart"));
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{refiner.Port}");
        var status = await new Refining.RefiningClient(channel).StatusAsync(new StatusRequest());
        Assert.StartsWith("cuda:1, CPU stand-in 1", status.Device, StringComparison.Ordinal);
        Assert.InRange(status.MemoryBytes, 1u << 20, 2u << 30);
    }

    [CardFact]
    public async Task Refiner_WhoseCardBreaks_EndsAndAnotherFinishesItsWork()
    {
        var sign = Path.Combine(Path.GetTempPath(), $"code-broken-{Environment.ProcessId}");
        await using var drafter = await ServiceProcess.StartDrafterAsync();
        await using var broken = await ServiceProcess.StartRefinerAsync(0, OnCard("Refiner", 0), With(("CUDA_ON_CPU_BROKEN_BY", sign)));
        await using var whole = await ServiceProcess.StartRefinerAsync(0, OnCard("Refiner", 0), With());
        await using var gateway = await ServiceProcess.StartGatewayAsync(
            $"--Gateway:Drafters:0=http://127.0.0.1:{drafter.Port}",
            $"--Gateway:Refiners:0=http://127.0.0.1:{broken.Port}", $"--Gateway:Refiners:1=http://127.0.0.1:{whole.Port}");
        var before = await ImagesAsync(gateway, "star");
        try
        {
            await File.WriteAllTextAsync(sign, "");
            for (var request = 0; request < 3; request++)
            {
                Assert.Equal(before, await ImagesAsync(gateway, "star"));
            }

            Assert.Equal(1, await broken.EndAsync());
            Assert.Contains(broken.Lines, line => line.StartsWith("refiner: ", StringComparison.Ordinal) && line.Contains("CUDA_ERROR_ILLEGAL_ADDRESS", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(sign);
        }
    }

    [CardFact]
    public async Task Drafter_WhoseModelsDoNotFitTheCard_SaysSoBeforeItLoadsThem()
    {
        string[] options =
        [
            .. OnCard("Drafter", 0), "--Drafter:LargestBatch=64",
            "--Drafter:Models:0:Name=large", "--Drafter:Models:0:Checkpoint=synthetic:d16", "--Drafter:Models:0:Vqvae=synthetic:vqvae", "--Drafter:Models:0:Steps:0=8",
        ];
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServiceProcess.StartDrafterAsync(0, options, With(("CUDA_ON_CPU_MEMORY", $"{4L << 30}"))));
        Assert.Matches("drafter: The models with batches of 64 take [0-9.]+ GiB; 3.7[0-9] GiB of the device are free. A LargestBatch of [0-9]+ would fit.$", error.Message);
    }

    [CardTheory]
    [InlineData("cuda:2", "There is no device cuda:2: this machine has cuda:0 to cuda:1.")]
    [InlineData("gpu", "Drafter:Device:Name is gpu; allowed: cpu, cuda:0, cuda:1 and so on")]
    public async Task Drafter_OnACardThatIsNotThere_SaysSoInOneLine(string device, string message)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ServiceProcess.StartDrafterAsync(0, [$"--Drafter:Device:Name={device}"], With()));
        Assert.EndsWith($"said: drafter: {message}", error.Message, StringComparison.Ordinal);
    }

    private static string[] OnCard(string section, int card) => [$"--{section}:Device:Name=cuda:{card}"];

    private static Dictionary<string, string> With(params (string Name, string Value)[] more)
        => new(more.Select(each => KeyValuePair.Create(each.Name, each.Value)).Append(KeyValuePair.Create("LD_LIBRARY_PATH", CudaOnCpu.Folder)));

    private static async Task<IReadOnlyList<byte[]>> ImagesAsync(ServiceProcess gateway, params string[] labels)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{gateway.Port}");
        var request = new GenerateRequest { Labels = { labels }, Seed = 5, Steps = 8, Format = ImageFormat.Rgb };
        var response = await new Generation.GenerationClient(channel).GenerateAsync(request);
        return [.. response.Images.Select(image => image.Image.Data.ToByteArray())];
    }
}
