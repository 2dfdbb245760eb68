using CoDe.Hosting.Lifecycle;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Connects to Redis before anything else starts, so that an error is one readable line.</summary>
/// <param name="connection">A connection string of StackExchange.Redis.</param>
internal sealed class RedisCheck(string connection) : StartupCheck
{
    /// <exception cref="IOException">Redis does not answer, or refuses the connection.</exception>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(connection);
            await redis.GetDatabase().PingAsync();
        }
        catch (RedisException error)
        {
            // Not the connection string, which may hold a password.
            var servers = string.Join(", ", ConfigurationOptions.Parse(connection).EndPoints);
            throw new IOException($"Cannot use the Redis of Gateway:Redis at {servers}: {error.Message}", error);
        }
    }
}
