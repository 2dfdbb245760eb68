using System.Net;
using CoDe.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace CoDe.Hosting.Startup;

/// <summary><c>--healthcheck</c>: asks the running service of the same configuration for its health, so that a container needs no further program.</summary>
internal static class HealthCheckCommand
{
    public const string Argument = "--healthcheck";

    /// <returns>The exit code: 0 where it serves, or 1 with one line on the error stream.</returns>
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
        => !IPAddress.TryParse(host, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            ? IPAddress.Loopback
            : address;
}
