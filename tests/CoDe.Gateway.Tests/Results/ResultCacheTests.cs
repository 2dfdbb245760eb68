using System.Buffers;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Results;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

public sealed class ResultCacheTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task Memory_ThatIsFull_StaysWithinItsBound()
    {
        await using var services = Services(megabytes: 1);
        var cache = services.GetRequiredService<ResultCache>();
        for (var i = 0; i < 100; i++)
        {
            cache.Store($"{i}", ImageOf(bytes: Megabyte / 10));
            Assert.InRange(SizeOf(services), 1, Megabyte);
        }
    }

    [Fact]
    public async Task Memory_ThatIsFilledFromRedis_StaysWithinItsBound()
    {
        var second = new DistributedCacheDouble();
        await using var filling = Services(megabytes: 1, second);
        await using var filled = Services(megabytes: 1, second);
        for (var i = 0; i < 100; i++)
        {
            filling.GetRequiredService<ResultCache>().Store($"{i}", ImageOf(bytes: Megabyte / 10));
            Assert.NotNull(await filled.GetRequiredService<ResultCache>().FindAsync($"{i}"));
            Assert.InRange(SizeOf(filled), 1, Megabyte);
        }
    }

    [Fact]
    public async Task Store_OfAnImage_KeepsTheInstanceAtTheSizeOfItsBytes()
    {
        await using var services = Services(megabytes: 1);
        var cache = services.GetRequiredService<ResultCache>();
        var image = ImageOf(bytes: 1000);
        cache.Store("a", image);
        Assert.Same(image, await cache.FindInMemoryAsync("a"));
        Assert.Same(image, await cache.FindAsync("a"));
        Assert.InRange(SizeOf(services), 1000, 1100);
    }

    [Fact]
    public async Task Store_OfAnImageThatIsLargerThanTheBound_KeepsNothing()
    {
        await using var services = Services(megabytes: 1);
        var cache = services.GetRequiredService<ResultCache>();
        cache.Store("a", ImageOf(bytes: 2 * Megabyte));
        Assert.Null(await cache.FindAsync("a"));
        await using var large = Services(megabytes: 64);
        large.GetRequiredService<ResultCache>().Store("a", ImageOf(ResultCache.LargestPictureBytes + 1));
        Assert.Null(await large.GetRequiredService<ResultCache>().FindAsync("a"));
    }

    [Fact]
    public async Task Store_WithASecondLevelThatHangs_IsInMemoryAtOnce()
    {
        await using var services = Services(
            megabytes: 1, new DistributedCacheDouble { OnCall = () => new TaskCompletionSource().Task });
        var cache = services.GetRequiredService<ResultCache>();
        var image = ImageOf(bytes: 10);
        cache.Store("a", image);
        Assert.Same(image, await cache.FindInMemoryAsync("a"));
    }

    [Fact]
    public async Task Find_OfWhatIsNotThere_FindsNothing()
    {
        await using var services = Services(megabytes: 1);
        Assert.Null(await services.GetRequiredService<ResultCache>().FindAsync("a"));
        Assert.Null(await services.GetRequiredService<ResultCache>().FindInMemoryAsync("a"));
    }

    [Fact]
    public void Serializer_OfAnImageWithTokens_ReadsWhatItWrote()
    {
        var image = new FinishedImage(
            new Picture(2, 1, PictureFormat.WebP, new byte[] { 1, 2, 3 }),
            [new TokenMap(1, [7]), new TokenMap(2, [1, 2, 3, ushort.MaxValue])]);
        var bytes = new ArrayBufferWriter<byte>();
        new ImageSerializer().Serialize(image, bytes);
        var read = new ImageSerializer().Deserialize(new ReadOnlySequence<byte>(bytes.WrittenMemory));
        Assert.Equal(image.Picture with { Data = default }, read.Picture with { Data = default });
        Assert.Equal(image.Picture.Data.ToArray(), read.Picture.Data.ToArray());
        Assert.Equal(image.TokenMaps.Select(map => map.Side), read.TokenMaps.Select(map => map.Side));
        Assert.Equal(
            image.TokenMaps.SelectMany(map => map.Tokens.ToArray()),
            read.TokenMaps.SelectMany(map => map.Tokens.ToArray()));
    }

    private static ServiceProvider Services(int megabytes, IDistributedCache? second = null)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddResults(new GatewayOptions { CacheMegabytes = megabytes });
        services.Configure<MemoryCacheOptions>(memory => memory.TrackStatistics = true);
        if (second is not null)
        {
            services.AddSingleton(second);
        }

        return services.BuildServiceProvider();
    }

    private static long SizeOf(ServiceProvider services)
        => services.GetRequiredService<IMemoryCache>().GetCurrentStatistics()!.CurrentEstimatedSize!.Value;

    private static FinishedImage ImageOf(int bytes)
        => new(new Picture(1, 1, PictureFormat.Rgb, new byte[bytes]), []);
}
