using CoDe.Gateway.Lanes;
using CoDe.Gateway.Redis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;

namespace CoDe.Gateway.Results;

/// <summary>Adds the result cache.</summary>
internal static class ResultSetup
{
    /// <summary>Room for a picture and its token maps.</summary>
    private const int LargestImageBytes = ResultCache.LargestPictureBytes + (1 << 20);

    public static void AddResults(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(provider => new ResultCache(provider.GetService<HybridCache>()));
        services.AddSingleton<Flights>();
        services.AddSingleton<ResultMetrics>();
        services.AddSingleton<ImageSource>();
        if (options.CacheMegabytes == 0)
        {
            return;
        }

        // HybridCache gives each entry the size of its serialized form.
        services.Configure<MemoryCacheOptions>(memory => memory.SizeLimit = (long)options.CacheMegabytes << 20);
        services.AddHybridCache(cache => cache.MaximumPayloadBytes = LargestImageBytes)
            .AddSerializer<FinishedImage, ImageSerializer>();
        if (options.Redis.Length > 0)
        {
            services.AddRedisResults(options.Redis);
        }
        else if (options.DataFolder.Length > 0 && options.CacheFolderMegabytes > 0)
        {
            services.AddSingleton<IDistributedCache>(provider => new FolderResults(
                Path.Combine(Path.GetFullPath(options.DataFolder), "cache"), (long)options.CacheFolderMegabytes << 20,
                provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<FolderResults>>()));
        }
    }
}
