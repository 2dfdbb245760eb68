using CoDe.Hosting.Tls;
using StackExchange.Redis;

namespace CoDe.Gateway.Redis;

/// <summary>Reads connection strings of StackExchange.Redis.</summary>
internal static class RedisConnection
{
    /// <summary>Reads a connection string; one with <c>ssl=true</c> connects with the certificates of peers.</summary>
    public static ConfigurationOptions Parse(string connection, PeerTls tls)
    {
        var options = ConfigurationOptions.Parse(connection);
        if (options.Ssl && tls.IsSet)
        {
            options.SslClientAuthenticationOptions = tls.OptionsFor;
        }

        return options;
    }

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
}
