using CoDe.Hosting.Listening;
using CoDe.Hosting.Tls;
using Orleans.Clustering.Redis;
using Orleans.Storage;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Keeps the membership of the cluster and the state of its grains in Redis.</summary>
internal static class RedisCluster
{
    /// <param name="connection">A connection string of StackExchange.Redis.</param>
    public static void UseRedis(this ISiloBuilder silo, string connection)
    {
        silo.Services.AddHostedService(provider => new RedisCheck(
            RedisConnection.Parse(connection, provider.GetRequiredService<PeerTls>())));
        silo.UseRedisClustering(_ => { });
        silo.Services.AddOptions<RedisClusteringOptions>().Configure<PeerTls>(
            (redis, tls) => redis.ConfigurationOptions = RedisConnection.Parse(connection, tls));
    }

    /// <summary>Keeps grain state in Redis. Calls fail at once while it is away, and nothing waits for it.</summary>
    public static void AddRedisStorage(
        this ISiloBuilder silo, string name, IGrainStorageSerializer serializer, string connection)
        => silo.AddRedisGrainStorage(name, options => options.Configure<PeerTls>((redis, tls) =>
        {
            redis.GrainStorageSerializer = serializer;
            redis.ConfigurationOptions = RedisConnection.Parse(connection, tls);
            redis.ConfigurationOptions.AbortOnConnectFail = false;
            redis.ConfigurationOptions.BacklogPolicy = BacklogPolicy.FailFast;
        }));

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
