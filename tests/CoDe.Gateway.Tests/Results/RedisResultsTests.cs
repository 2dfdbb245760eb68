using CoDe.Gateway.Redis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace CoDe.Gateway.Tests.Results;

/// <summary>A Redis that fails or hangs, on a clock that only the test moves.</summary>
public sealed class RedisResultsTests : IDisposable
{
    private readonly DistributedCacheDouble _redis = new();
    private readonly ManualClock _clock = new();
    private readonly CountingLogger _log = new();
    private readonly RedisResults _results;

    public RedisResultsTests() => _results = new RedisResults(_redis, _clock, _log);

    public void Dispose() => _results.Dispose();

    [Fact]
    public async Task Get_OfARedisThatFails_FindsNothingAndLeavesItOutForAWhile()
    {
        await _results.SetAsync("a", [7], new DistributedCacheEntryOptions());
        _redis.OnCall = () => throw new RedisException("away");
        for (var call = 0; call < 10; call++)
        {
            Assert.Null(await _results.GetAsync("a"));
        }

        Assert.Equal((2, 1), (_redis.Calls, _log.Lines));
        _redis.OnCall = () => Task.CompletedTask;
        _clock.Advance(RedisResults.Pause);
        Assert.Equal(7, Assert.Single((await _results.GetAsync("a"))!));
        Assert.Equal(1, _log.Lines);
    }

    [Fact]
    public async Task Get_OfARedisThatHangs_WaitsForItsPatienceOnce()
    {
        _redis.OnCall = () => new TaskCompletionSource().Task;
        var reads = Enumerable.Range(0, 3).Select(_ => _results.GetAsync("a")).ToArray();
        Assert.DoesNotContain(reads, read => read.IsCompleted);
        _clock.Advance(RedisResults.Patience);
        Assert.All(await Task.WhenAll(reads), Assert.Null);
        Assert.Null(await _results.GetAsync("a"));
        Assert.Equal((3, 1), (_redis.Calls, _log.Lines));
    }

    [Fact]
    public async Task Set_OfARedisThatHangs_EndsAfterItsPatience()
    {
        _redis.OnCall = () => new TaskCompletionSource().Task;
        var write = _results.SetAsync("a", [], new DistributedCacheEntryOptions());
        _clock.Advance(RedisResults.Patience);
        await write;
        await _results.SetAsync("a", [], new DistributedCacheEntryOptions());
        Assert.Equal((1, 1), (_redis.Calls, _log.Lines));
    }

    private sealed class CountingLogger : ILogger<RedisResults>
    {
        public int Lines { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines++;
    }
}
