using CoDe.Testing.Processes;
using Xunit;

namespace CoDe.EndToEnd.Cluster;

/// <summary>A test that needs Debian's redis-server.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute()
        => Skip = File.Exists(RedisServer.Program)
            ? null
            : "redis-server is not installed: apt-get install redis-server, or tests/install";
}
