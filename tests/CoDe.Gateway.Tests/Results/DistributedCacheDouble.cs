using Microsoft.Extensions.Caching.Distributed;

namespace CoDe.Gateway.Tests.Results;

/// <summary>Second level of a cache, whose answers the test decides.</summary>
internal sealed class DistributedCacheDouble : IDistributedCache
{
    public int Calls { get; private set; }

    /// <summary>Answers reads, and is awaited by writes; hangs at first.</summary>
    public Func<Task<byte[]?>> OnCall { get; set; } = () => new TaskCompletionSource<byte[]?>().Task;

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        Calls++;
        return OnCall();
    }

    public Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        => GetAsync(key, token);

    public Task RefreshAsync(string key, CancellationToken token = default) => GetAsync(key, token);

    public Task RemoveAsync(string key, CancellationToken token = default) => GetAsync(key, token);

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();
}
