using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace CoDe.Hosting.Startup;

/// <summary>Asks the service of the same configuration on this machine how it is, so that an image needs no further program to find out.</summary>
internal static class HealthProbe
{
    /// <summary>The argument that asks instead of serving.</summary>
    public const string Argument = "--healthcheck";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <returns>The exit code: 0 where it serves, or 1 with one line on the error stream.</returns>
    public static async Task<int> RunAsync(string name, int defaultPort, string[] args)
    {
        try
        {
            var section = WebApplication.CreateSlimBuilder(args).Configuration.GetSection(name);
            using var channel = GrpcChannel.ForAddress($"http://{new IPEndPoint(Reachable(section["Host"]), section.GetValue("Port", defaultPort))}");
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
            var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), deadline: deadline).ConfigureAwait(false);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? 0 : await FailAsync(name, $"{answer.Status}").ConfigureAwait(false);
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return await FailAsync(name, error.Message).ConfigureAwait(false);
        }
    }

    private static IPAddress Reachable(string? host)
        => !IPAddress.TryParse(host, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : address;

    private static async Task<int> FailAsync(string name, string reason)
    {
        await Console.Error.WriteLineAsync($"{name}: not serving: {reason}").ConfigureAwait(false);
        return 1;
    }
}
