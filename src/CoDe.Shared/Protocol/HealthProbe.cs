using System.Net;
using Grpc.Core;
using Grpc.Health.V1;

namespace CoDe.Protocol;

/// <summary>Asks a service on this machine for its health.</summary>
public static class HealthProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <returns>Null where it serves; else the reason, in words.</returns>
    /// <param name="connect">Connects with TLS; null to connect without.</param>
    public static async Task<string?> ObstacleAsync(
        string address, Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? connect = null)
    {
        try
        {
            using var channel = ServiceChannel.Open(address, Patience, connect);
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
            var client = new Health.HealthClient(channel);
            var answer = await client.CheckAsync(new HealthCheckRequest(), deadline: deadline).ConfigureAwait(false);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? null : $"{answer.Status}";
        }
        catch (RpcException error)
        {
            return error.Status.Detail.Length > 0 ? error.Status.Detail : $"{error.StatusCode}";
        }
    }
}
