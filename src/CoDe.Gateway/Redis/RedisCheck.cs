using CoDe.Hosting.Lifecycle;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Connects to Redis before anything else starts, so that an error is one readable line.</summary>
internal sealed class RedisCheck(ConfigurationOptions options) : StartupCheck
{
    /// <exception cref="IOException">Redis does not answer, or refuses the connection.</exception>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            await redis.GetDatabase().PingAsync();
        }
        catch (RedisException error)
        {
            // Not the connection string, which may hold a password.
            var servers = string.Join(", ", options.EndPoints);
            throw new IOException($"Cannot use the Redis of Gateway:Redis at {servers}: {error.Message}", error);
        }
    }
}
