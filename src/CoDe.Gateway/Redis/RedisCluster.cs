using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Keeps the membership of the cluster in Redis.</summary>
internal static class RedisCluster
{
    /// <summary>Checks a connection string.</summary>
    /// <returns>The error in it, or null.</returns>
    public static string? ProblemOf(string connection)
    {
        try
        {
            return ConfigurationOptions.Parse(connection).EndPoints.Count == 0 ? "it names no server" : null;
        }
        catch (ArgumentException error)
        {
            return error.Message;
        }
    }

    /// <param name="connection">A connection string of StackExchange.Redis.</param>
    public static void UseRedis(this ISiloBuilder silo, string connection)
    {
        silo.Services.AddHostedService(_ => new RedisCheck(connection));
        silo.UseRedisClustering(redis => redis.ConfigurationOptions = ConfigurationOptions.Parse(connection));
    }
}
