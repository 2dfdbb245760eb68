using CoDe.Gateway.Results;
using CoDe.Protocol.V1;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

public sealed class FolderResultsTests : IDisposable
{
    private const int ImageBytes = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("code-cache-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Folder_ThatIsFull_KeepsWhatWasUsedLast()
    {
        var results = Open(limit: 3 * ImageBytes);
        await SetAsync(results, 1, 2, 3);
        Assert.NotNull(await results.GetAsync(Key(1)));
        await SetAsync(results, 4);
        var has = await HasAsync(results, 1, 2, 3, 4);
        Assert.Equal([true, false, true, true], has);
        Assert.Equal(3 * ImageBytes, results.Size);
        Assert.Equal(3, Directory.EnumerateFiles(_folder).Count());
    }

    [Fact]
    public async Task Folder_OfAnEarlierGateway_HasItsImagesWithinTheNewBound()
    {
        await SetAsync(Open(limit: 4 * ImageBytes), 1, 2, 3, 4);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "half.partial"), [1]);
        var results = Open(limit: 2 * ImageBytes);
        Assert.Equal(2 * ImageBytes, results.Size);
        Assert.Equal(2, Directory.EnumerateFiles(_folder).Count());
        Assert.Equal(2, (await HasAsync(results, 1, 2, 3, 4)).Count(has => has));
    }

    [Fact]
    public async Task Get_OfAFileThatIsGone_IsAMiss()
    {
        var results = Open(limit: 4 * ImageBytes);
        await SetAsync(results, 1);
        Array.ForEach(Directory.GetFiles(_folder), File.Delete);
        Assert.Null(await results.GetAsync(Key(1)));
        Assert.Equal(0, results.Size);
    }

    [Fact]
    public async Task Image_OfAGatewayWithADataFolder_IsThereAfterARestart()
    {
        await using var stage = await StageDouble.StartAsync();
        var request = new GenerateRequest { Labels = { "7" }, Seed = 3, Format = ImageFormat.Rgb };
        for (var start = 0; start < 2; start++)
        {
            await using var gateway = await GatewayServer.StartAsync(
                [stage.Address], [stage.Address], $"--Gateway:DataFolder={_folder}");
            var call = gateway.Client.GenerateAsync(request);
            Assert.Equal(7, (await call).Images[0].Image.Data[0]);
            Assert.Equal(
                start == 0 ? "code; fwd=miss; stored" : "code; hit", call.GetTrailers().GetValue("cache-status"));
        }

        Assert.Equal(["7"], stage.DraftedLabels());
    }

    private static string Key(int image) => $"code:image:1:{image}";

    private static async Task SetAsync(FolderResults results, params int[] images)
    {
        foreach (var image in images)
        {
            await results.SetAsync(Key(image), new byte[ImageBytes], new DistributedCacheEntryOptions());
        }
    }

    private static async Task<bool[]> HasAsync(FolderResults results, params int[] images)
        => await Task.WhenAll(images.Select(async image => await results.GetAsync(Key(image)) is not null));

    private FolderResults Open(long limit)
        => new(_folder, limit, TimeProvider.System, NullLogger<FolderResults>.Instance);
}
