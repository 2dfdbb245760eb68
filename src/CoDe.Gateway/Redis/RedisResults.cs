using CoDe.Hosting.Tls;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>
/// Second level of the result cache. A Redis that fails or is slow is left out for a while, so that it neither delays
/// requests nor fills the log.
/// </summary>
internal sealed class RedisResults(IDistributedCache redis, TimeProvider time, ILogger<RedisResults> logger)
    : IDistributedCache, IDisposable
{
    /// <summary>The longest that a request waits for Redis.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>Pause after a failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private long _resume = long.MinValue;

    public static RedisResults Connect(ConfigurationOptions options, TimeProvider time, ILogger<RedisResults> logger)
    {
        options.AbortOnConnectFail = false;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        return new RedisResults(
            new RedisCache(new RedisCacheOptions { ConfigurationOptions = options }), time, logger);
    }

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        byte[]? value = null;
        await TryAsync(async () => value = await redis.GetAsync(key, token).WaitAsync(Patience, time, token)
            .ConfigureAwait(false)).ConfigureAwait(false);
        return value;
    }

    public Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        => TryAsync(() => redis.SetAsync(key, value, options, token).WaitAsync(Patience, time, token));

    public Task RefreshAsync(string key, CancellationToken token = default)
        => TryAsync(() => redis.RefreshAsync(key, token).WaitAsync(Patience, time, token));

    public Task RemoveAsync(string key, CancellationToken token = default)
        => TryAsync(() => redis.RemoveAsync(key, token).WaitAsync(Patience, time, token));

    public byte[]? Get(string key) => throw OnlyAsynchronous();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw OnlyAsynchronous();

    public void Refresh(string key) => throw OnlyAsynchronous();

    public void Remove(string key) => throw OnlyAsynchronous();

    public void Dispose() => (redis as IDisposable)?.Dispose();

    private static NotSupportedException OnlyAsynchronous() => new("HybridCache calls the asynchronous methods alone.");

    private async Task TryAsync(Func<Task> call)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _resume))
        {
            return;
        }

        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException)
        {
            LeaveOut(error);
        }
    }

    private void LeaveOut(Exception error)
    {
        var now = time.GetTimestamp();
        var resume = now + (long)(Pause.TotalSeconds * time.TimestampFrequency);
        if (Interlocked.Exchange(ref _resume, resume) <= now)
        {
            logger.ResultsLeftOut(Pause.TotalSeconds, error.Message);
        }
    }
}

/// <summary>Adds Redis as the second level of the result cache.</summary>
internal static class RedisResultsSetup
{
    /// <param name="connection">A connection string of StackExchange.Redis.</param>
    public static void AddRedisResults(this IServiceCollection services, string connection)
        => services.AddSingleton<IDistributedCache>(provider => RedisResults.Connect(
            RedisConnection.Parse(connection, provider.GetRequiredService<PeerTls>()),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisResults>>()));
}
