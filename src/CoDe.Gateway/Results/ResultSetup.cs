using CoDe.Gateway.Lanes;
using CoDe.Gateway.Redis;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;

namespace CoDe.Gateway.Results;

/// <summary>Adds the result cache.</summary>
internal static class ResultSetup
{
    /// <summary>Room for a picture and its token maps.</summary>
    private const int LargestImageBytes = ResultCache.LargestPictureBytes + (1 << 20);

    /// <param name="megabytes">Bound of the images in memory; 0 for no cache.</param>
    /// <param name="redis">A connection string of StackExchange.Redis; empty for a cache in memory alone.</param>
    public static void AddResults(this IServiceCollection services, int megabytes, string redis)
    {
        services.AddSingleton(provider => new ResultCache(provider.GetService<HybridCache>()));
        services.AddSingleton<Flights>();
        services.AddSingleton<ResultMetrics>();
        services.AddSingleton<ImageSource>();
        if (megabytes == 0)
        {
            return;
        }

        // HybridCache gives each entry the size of its serialized form.
        services.Configure<MemoryCacheOptions>(memory => memory.SizeLimit = (long)megabytes << 20);
        services.AddHybridCache(cache => cache.MaximumPayloadBytes = LargestImageBytes)
            .AddSerializer<FinishedImage, ImageSerializer>();
        if (redis.Length > 0)
        {
            services.AddRedisResults(redis);
        }
    }
}
