using CoDe.Imaging;
using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Jobs;

/// <summary>
/// Jobs whose processes are killed: each image is there exactly once, and equal to that of <c>code generate</c>.
/// </summary>
public sealed class JobFailureTests : IDisposable
{
    private const int Count = 5;
    private const int Images = 10 * Count;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly string[] Request =
        ["--label", "0..9", "--count", $"{Count}", "--seed", "7", "--steps", "8"];

    private readonly string _folder = Directory.CreateTempSubdirectory("code-images-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public Task Job_OfAClusterWhoseProcessesAreKilled_HasEachImageOnce()
        => RunAsync(withGarnet: false, async cluster =>
        {
            await cluster.RestartAllAsync();
            await cluster.RestartEachAsync();
        });

    [Fact]
    public Task Job_OfAClusterOnGarnetThatIsKilled_HasEachImageOnce()
        => RunAsync(withGarnet: true, cluster => cluster.RestartAllAsync());

    [Fact]
    public async Task Job_OfAGatewayAloneThatIsKilled_GoesOnByItself()
    {
        string[] options = [$"--Gateway:DataFolder={Path.Combine(_folder, "data")}", "--Worker:Device:Threads=1"];
        await using var gateway = await RestartableService.StartAsync(
            port => ServiceProcess.StartGatewayAsync([$"--Gateway:Port={port}", .. options]));
        await SubmitAsync(gateway.Address);
        var watch = CodeProgram.RunAsync("jobs", "watch", "job", "--gateway", gateway.Address);
        await UntilSomeAreDoneAsync();
        await gateway.RestartAsync();
        await watch.WaitAsync(Patience);
        await AssertImagesAsync(gateway.Address);
    }

    private async Task RunAsync(bool withGarnet, Func<ServiceCluster, Task> fail)
    {
        await using var cluster = await ServiceCluster.StartAsync(withGarnet);
        var (first, second) = (cluster.Gateways[0].Address, cluster.Gateways[1].Address);
        Assert.Equal("job", await SubmitAsync(first));
        var watch = CodeProgram.RunAsync("jobs", "watch", "job", "--gateway", second);
        await fail(cluster);
        await watch.WaitAsync(Patience);
        Assert.Equal("job", await SubmitAsync(second));
        await AssertImagesAsync(second);
        var kept = Path.Combine(cluster.DataFolder, "jobs", "job");
        Assert.Equal(Images, Directory.EnumerateFiles(kept, "*.png").Count());
    }

    private static Task<string> SubmitAsync(string gateway)
        => CodeProgram.RunAsync(["jobs", "submit", .. Request, "--id", "job", "--gateway", gateway]);

    private async Task UntilSomeAreDoneAsync()
    {
        var folder = Path.Combine(_folder, "data", "jobs", "job");
        using var patience = new CancellationTokenSource(Patience);
        while (!Directory.Exists(folder) || !Directory.EnumerateFiles(folder, "*.png").Any())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task AssertImagesAsync(string gateway)
    {
        var (expected, fetched) = (Path.Combine(_folder, "expected"), Path.Combine(_folder, "fetched"));
        await CodeProgram.RunAsync(["generate", .. Request, "--output", expected]);
        await CodeProgram.RunAsync("jobs", "fetch", "job", "--gateway", gateway, "--output", fetched);
        string[] expectedFiles = [.. Directory.EnumerateFiles(expected).Order(StringComparer.Ordinal)];
        string[] fetchedFiles = [.. Directory.EnumerateFiles(fetched).Order(StringComparer.Ordinal)];
        Assert.Equal(Images, fetchedFiles.Length);
        foreach (var (one, other) in expectedFiles.Zip(fetchedFiles))
        {
            Assert.True(PictureFile.Read(one).Rgb.AsSpan().SequenceEqual(PictureFile.Read(other).Rgb), other);
        }
    }
}
