using CoDe.Gateway.Lanes;
using Microsoft.Extensions.Caching.Hybrid;

namespace CoDe.Gateway.Results;

/// <summary>Finished images: the last ones in memory, and those of a day in Redis where there is one.</summary>
/// <param name="cache">Null where the cache is off.</param>
internal sealed class ResultCache(HybridCache? cache)
{
    /// <summary>Larger pictures are not stored: HybridCache would keep them without counting their size.</summary>
    public const int LargestPictureBytes = 16 << 20;

    /// <summary>Images never become wrong; they end so that Redis does not keep what nobody asks for.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private static readonly HybridCacheEntryOptions Anywhere =
        new() { Expiration = Lifetime, Flags = HybridCacheEntryFlags.DisableUnderlyingData };

    private static readonly HybridCacheEntryOptions InMemory = new()
    {
        Expiration = Lifetime,
        Flags = HybridCacheEntryFlags.DisableUnderlyingData | HybridCacheEntryFlags.DisableDistributedCache,
    };

    private static readonly HybridCacheEntryOptions Storing = new() { Expiration = Lifetime };

    public bool IsOn => cache is not null;

    /// <summary>Finds an image without leaving the process.</summary>
    public ValueTask<FinishedImage?> FindInMemoryAsync(string key) => FindAsync(key, InMemory);

    public ValueTask<FinishedImage?> FindAsync(string key) => FindAsync(key, Anywhere);

    /// <summary>Stores an image: in memory before this returns, in Redis soon after.</summary>
    public void Store(string key, FinishedImage image)
    {
        if (cache is not null && image.Picture.Data.Length <= LargestPictureBytes)
        {
            _ = cache.SetAsync(key, image, Storing).AsTask();
        }
    }

    private ValueTask<FinishedImage?> FindAsync(string key, HybridCacheEntryOptions where)
        => cache is null ? default : cache.GetOrCreateAsync(key, _ => default(ValueTask<FinishedImage?>), where);
}
