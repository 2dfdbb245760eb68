using CoDe.Engine.Serving;
using CoDe.Flow;
using CoDe.Protocol.V1;
using CoDe.Testing.Processes;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace CoDe.EndToEnd.Processes;

/// <summary>
/// Stage processes from the bound port to the end. Loading takes seconds, for a second model of a published size.
/// </summary>
public sealed class LifeCycleTests : IDisposable
{
    private const int Batches = 6;

    private readonly string _folder = Directory.CreateTempSubdirectory("code-life-").FullName;

    public static TheoryData<string, string> Programs() => new() { { "Drafter", "Models" }, { "Worker", "Drafters" } };

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Process_UntilItHasLoaded_AnswersThatItLoads(string program, string models)
    {
        await using var process = await StartLoadingAsync(program, models);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{process.Port}");
        Assert.Equal(
            ServingStatus.NotServing,
            (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
        var drafting = new Drafting.DraftingClient(channel);
        var status = await drafting.StatusAsync(new StatusRequest());
        Assert.Equal((false, true, 0), (status.Ready, status.Loading, status.Models.Count));
        var refused = await Assert.ThrowsAsync<RpcException>(() => DraftAsync(drafting));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Contains("loading", refused.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(process.Lines, line => line.Contains("listens on", StringComparison.Ordinal));

        Assert.True(await process.SaysAsync("listens on http://127.0.0.1:"), string.Join('\n', process.Lines));
        Assert.Equal(
            ServingStatus.Serving,
            (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
        status = await drafting.StatusAsync(new StatusRequest());
        Assert.Equal(
            (true, false, "one two"),
            (status.Ready, status.Loading, string.Join(' ', status.Models[0].ClassNames)));
        await DraftAsync(drafting);
        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task Process_ToldToEndWhileItLoads_EndsWithZeroAtOnce()
    {
        await using var process = await StartLoadingAsync("Drafter", "Models");
        Assert.Equal(0, await process.StopAsync());
    }

    [Fact]
    public async Task Process_ThatCannotLoad_EndsInOneLine()
    {
        await using var process = await StartLoadingAsync(
            "Refiner", "Models", "--Refiner:Models:2:Name=x",
            "--Refiner:Models:2:Checkpoint=/no/such/file.pth", "--Refiner:Models:2:Vqvae=v");
        Assert.Equal(1, await process.EndAsync());
        Assert.Contains("/no/such/file.pth", Assert.Single(process.Lines.Skip(1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_ToldToEnd_FinishesWhatItAccepted()
    {
        await using var process = await StartAsync("--Drafter:DrainSeconds=60");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{process.Port}");
        var drafting = new Drafting.DraftingClient(channel);
        var accepted = await OccupyAsync(drafting);
        Assert.Equal(0, await process.StopAsync());
        await Task.WhenAll(accepted);
    }

    [Fact]
    public async Task Process_WithWorkOverTheBound_EndsWithZero()
    {
        await using var process = await StartAsync("--Drafter:DrainSeconds=0");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{process.Port}");
        var accepted = await OccupyAsync(new Drafting.DraftingClient(channel));
        Assert.Equal(0, await process.StopAsync());
        var error = await Assert.ThrowsAsync<RpcException>(() => Task.WhenAll(accepted));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Single(process.Lines, line => line.Contains("listens on", StringComparison.Ordinal));
        Assert.Equal(2, process.Lines.Count);
    }

    [Fact]
    public async Task Gateway_WithEmbeddedStagesToldToEnd_FinishesWhatItAccepted()
    {
        await using var process = await ServiceProcess.StartGatewayAsync("--Gateway:DrainSeconds=60");
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{process.Port}");
        using var call = new Generation.GenerationClient(channel).GenerateStream(
            new GenerateRequest { Labels = { "star" }, Count = 24, Seed = 1, Format = ImageFormat.Rgb });
        Assert.True(await call.ResponseStream.MoveNext(default));
        var ended = process.StopAsync();
        var images = 0;
        await foreach (var each in call.ResponseStream.ReadAllAsync())
        {
            images += each.Image is null ? 0 : 1;
        }

        Assert.Equal((24, 0), (images, await ended));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task DraftAsync(Drafting.DraftingClient drafting)
    {
        var request = new DraftRequest { Model = "tiny", Steps = 10 };
        request.Images.AddRange(Enumerable.Range(0, 8).Select(index => new ImageSpec
        {
            Index = (uint)index,
            Sampling = new Sampling { Guidance = 1.5, TopK = 60, TopP = 0.95, Temperatures = { 1 } },
        }));
        using var call = drafting.Draft(request);
        Assert.True(await call.ResponseStream.MoveNext(default));
    }

    /// <summary>Gives a drafter as much to do as the test says, and waits until it has accepted all.</summary>
    private static async Task<Task[]> OccupyAsync(Drafting.DraftingClient drafting)
    {
        Task[] calls = [.. Enumerable.Range(0, Batches).Select(_ => DraftAsync(drafting))];
        // Those that are done already were accepted too.
        while ((await drafting.StatusAsync(new StatusRequest())).Outstanding + calls.Count(
            call => call.IsCompleted) < Batches)
        {
            Assert.All(calls, call => Assert.False(call.IsFaulted));
        }

        return calls;
    }

    private static Task<ServiceProcess> StartAsync(string option)
        => ServiceProcess.StartDrafterAsync(0, "--Drafter:QueueLimit=1000", option);

    /// <summary>A process that has bound its port and loads the demonstration model, then one of depth 16.</summary>
    private Task<ServiceProcess> StartLoadingAsync(string program, string models, params string[] options)
    {
        File.WriteAllText(Path.Combine(_folder, ClassNames.FileName), "one\ntwo\n");
        var tiny = program == "Refiner" ? TinyModel.Refiner : TinyModel.Drafter;
        var checkpoint = Path.Combine(_folder, Path.GetFileName(tiny));
        File.Copy(tiny, checkpoint);
        string[] worker = program == "Worker"
            ?
            [
                "--Worker:Refiners:0:Name=tiny",
                $"--Worker:Refiners:0:Checkpoint={TinyModel.Refiner}",
                $"--Worker:Refiners:0:Vqvae={TinyModel.Vqvae}",
            ]
            : [];
        return ServiceProcess.StartAsync(
            $"CoDe.{program}",
            "is loading, not ready yet: ",
            [
                $"--{program}:Host=127.0.0.1", $"--{program}:Port=0",
                $"--{program}:HttpPort=off", $"--{program}:{models}:0:Name=tiny",
                $"--{program}:{models}:0:Checkpoint={checkpoint}",
                $"--{program}:{models}:0:Vqvae={TinyModel.Vqvae}", $"--{program}:{models}:1:Name=large",
                $"--{program}:{models}:1:Checkpoint=synthetic:d16", $"--{program}:{models}:1:Vqvae=synthetic:vqvae",
                $"--{program}:Device:Threads=1", $"--{program}:Device:Precision=bf16-weights", .. worker, .. options,
            ]);
    }
}
