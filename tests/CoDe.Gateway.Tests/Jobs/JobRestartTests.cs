using CoDe.Protocol.V1;
using Xunit;

namespace CoDe.Gateway.Tests.Jobs;

/// <summary>Jobs of a gateway with a data folder, which is stopped and started again.</summary>
public sealed class JobRestartTests : IAsyncLifetime
{
    private const int Images = 40;

    private readonly string _folder = Directory.CreateTempSubdirectory("code-data-").FullName;
    private StageDouble _stage = null!;

    public async Task InitializeAsync() => _stage = await StageDouble.StartAsync();

    public async Task DisposeAsync()
    {
        await _stage.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Job_OfAGatewayThatStops_GoesOnAfterTheStart()
    {
        var gate = new TaskCompletionSource();
        _stage.OnCall = call => call.EndsWith("39", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        await using (var first = await StartAsync())
        {
            await first.Jobs.SubmitJobAsync(Request());
            await UntilDoneAsync(first, 16);
        }

        gate.SetResult();
        var kept = ImagesOnDisk();
        Assert.InRange(kept.Count, 16, Images - 1);
        var drafted = _stage.DraftedLabels().Count();
        await using var second = await StartAsync();
        Assert.Equal((uint)Images, (await second.Jobs.FinishAsync("job")).Done);
        var again = _stage.DraftedLabels().Skip(drafted).Select(int.Parse);
        Assert.Equal(Enumerable.Range(0, Images).Except(kept), again.Order());
        Assert.Equal(Images, (await second.Jobs.ImagesAsync("job", pageSize: 1000)).Count);
    }

    [Fact]
    public async Task Job_WhoseImagesWereDeleted_MakesThemAgain()
    {
        await using (var first = await StartAsync())
        {
            var gate = new TaskCompletionSource();
            _stage.OnCall = call => call.EndsWith("39", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
            await first.Jobs.SubmitJobAsync(Request());
            await UntilDoneAsync(first, 16);
        }

        _stage.OnCall = _ => Task.CompletedTask;
        File.Delete(Directory.EnumerateFiles(JobFolder, "*.rgb").Order().First());
        await using var second = await StartAsync();
        Assert.Equal((uint)Images, (await second.Jobs.FinishAsync("job")).Done);
        Assert.Equal(Enumerable.Range(0, Images), ImagesOnDisk());
    }

    [Fact]
    public async Task Folder_WithFilesOfNoJob_IsLeftAloneUntilTheyAreGone()
    {
        Directory.CreateDirectory(JobFolder);
        var file = Path.Combine(JobFolder, "0000003.rgb");
        await File.WriteAllBytesAsync(file, [1, 2, 3]);
        await using var gateway = await StartAsync();
        await gateway.Jobs.SubmitJobAsync(Request());
        using (var watch = gateway.Jobs.WatchJob(new WatchJobRequest { Id = "job" }))
        {
            while (await watch.ResponseStream.MoveNext(default) && watch.ResponseStream.Current.Message.Length == 0)
            {
            }

            var message = watch.ResponseStream.Current.Message;
            Assert.Contains("has files but no job.json", message, StringComparison.Ordinal);
        }

        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(file));
        File.Delete(file);
        Assert.Equal((uint)Images, (await gateway.Jobs.FinishAsync("job")).Done);
    }

    [Fact]
    public async Task Folder_OfAnotherJobWithThatId_IsEmptied()
    {
        Directory.CreateDirectory(JobFolder);
        await File.WriteAllTextAsync(Path.Combine(JobFolder, "job.json"), """{"digest": "of another"}""");
        await File.WriteAllBytesAsync(Path.Combine(JobFolder, "0000003.rgb"), [1, 2, 3]);
        await using var gateway = await StartAsync();
        await gateway.Jobs.SubmitJobAsync(Request());
        await gateway.Jobs.FinishAsync("job");
        Assert.Equal(3, (await gateway.Jobs.ImagesAsync("job", pageSize: 1000))[3].Image.Data[0]);
    }

    [Fact]
    public async Task DataFolder_OfARunningGateway_IsRefusedToAnother()
    {
        await using var gateway = await StartAsync();
        var error = await Assert.ThrowsAsync<IOException>(StartAsync);
        Assert.StartsWith("Gateway:DataFolder ", error.Message, StringComparison.Ordinal);
    }

    private string JobFolder => Path.Combine(_folder, "jobs", "job");

    private static SubmitJobRequest Request() => new()
    {
        Id = "job",
        Request = new GenerateRequest { Labels = { $"0..{Images - 1}" }, Seed = 5, Format = ImageFormat.Rgb },
    };

    private static async Task UntilDoneAsync(GatewayServer gateway, int images)
    {
        using var watch = gateway.Jobs.WatchJob(new WatchJobRequest { Id = "job" });
        while (await watch.ResponseStream.MoveNext(default) && watch.ResponseStream.Current.Done < images)
        {
        }
    }

    private Task<GatewayServer> StartAsync()
        => GatewayServer.StartAsync([_stage.Address], [_stage.Address], $"--Gateway:DataFolder={_folder}");

    private List<int> ImagesOnDisk()
        => [.. Directory.EnumerateFiles(JobFolder, "*.rgb")
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file))).Order()];
}
