using CoDe.Hosting.Listening;
using Orleans.Storage;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Keeps the membership of the cluster and the state of its grains in Redis.</summary>
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

    /// <summary>Keeps grain state in Redis. Calls fail at once while it is away, and nothing waits for it.</summary>
    public static void AddRedisStorage(
        this ISiloBuilder silo, string name, IGrainStorageSerializer serializer, string connection)
        => silo.AddRedisGrainStorage(name, redis =>
        {
            redis.GrainStorageSerializer = serializer;
            redis.ConfigurationOptions = ConfigurationOptions.Parse(connection);
            redis.ConfigurationOptions.AbortOnConnectFail = false;
            redis.ConfigurationOptions.BacklogPolicy = BacklogPolicy.FailFast;
        });

    /// <summary>Runs a Redis in this process.</summary>
    /// <returns>Its connection string.</returns>
    public static string AddEmbeddedRedis(this ISiloBuilder silo, string folder)
    {
        var server = new EmbeddedRedis(
            Path.Combine(Path.GetFullPath(folder), "redis"), FreePort.Find(), EmbeddedRedis.NewPassword());
        silo.Services.AddHostedService(_ => server);
        return server.Connection;
    }
}
