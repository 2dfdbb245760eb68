using System.Net;
using CoDe.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace CoDe.Hosting.Startup;

/// <summary>
/// Runs <c>--healthcheck</c>: asks the running service of the same configuration for its health, so that a container
/// needs no further program.
/// </summary>
internal static class HealthCheckCommand
{
    public const string Argument = "--healthcheck";

    /// <returns>The exit code: 0 if it serves, else 1 with one line on the error stream.</returns>
    public static async Task<int> RunAsync(string name, int defaultPort, string[] args)
    {
        if (await ObstacleAsync(name, defaultPort, args).ConfigureAwait(false) is not { } obstacle)
        {
            return 0;
        }

        await Console.Error.WriteLineAsync($"{name}: not serving: {obstacle}").ConfigureAwait(false);
        return 1;
    }

    private static async Task<string?> ObstacleAsync(string name, int defaultPort, string[] args)
    {
        try
        {
            var section = WebApplication.CreateSlimBuilder(args).Configuration.GetSection(name);
            var endpoint = new IPEndPoint(Reachable(section["Host"]), section.GetValue("Port", defaultPort));
            return await HealthProbe.ObstacleAsync($"http://{endpoint}").ConfigureAwait(false);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentOutOfRangeException)
        {
            return error.Message;
        }
    }

    private static IPAddress Reachable(string? host)
    {
        var isAddress = IPAddress.TryParse(host, out var address);
        var isAny = !isAddress || IPAddress.Any.Equals(address) || IPAddress.IPv6Any.Equals(address);
        return isAny ? IPAddress.Loopback : address!;
    }
}
