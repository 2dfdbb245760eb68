using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;

namespace CoDe.Gateway.Tests.Results;

/// <summary>Second level of a cache in memory; the test decides when each call continues and which fail.</summary>
internal sealed class DistributedCacheDouble : IDistributedCache
{
    private readonly ConcurrentDictionary<string, byte[]> _values = [];

    public int Calls { get; private set; }

    /// <summary>Awaited by every call; may throw.</summary>
    public Func<Task> OnCall { get; set; } = () => Task.CompletedTask;

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        await ComeAsync();
        return _values.GetValueOrDefault(key);
    }

    public async Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        await ComeAsync();
        _values[key] = value;
    }

    public Task RefreshAsync(string key, CancellationToken token = default) => ComeAsync();

    public Task RemoveAsync(string key, CancellationToken token = default) => ComeAsync();

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
        => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    private Task ComeAsync()
    {
        Calls++;
        return OnCall();
    }
}
