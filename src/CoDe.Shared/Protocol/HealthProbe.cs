using Grpc.Core;
using Grpc.Health.V1;

namespace CoDe.Protocol;

/// <summary>Asks a service on this machine for its health.</summary>
public static class HealthProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <returns>Null where it serves; else the reason, in words.</returns>
    public static async Task<string?> ObstacleAsync(string address)
    {
        try
        {
            using var channel = ServiceChannel.Open(address, Patience);
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
            var client = new Health.HealthClient(channel);
            var answer = await client.CheckAsync(new HealthCheckRequest(), deadline: deadline).ConfigureAwait(false);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? null : $"{answer.Status}";
        }
        catch (RpcException error)
        {
            return error.Status.Detail;
        }
    }
}
