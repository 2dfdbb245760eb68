using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;
using OpenTelemetry;

namespace CoDe.Gateway.Replicas;

/// <summary>Asks a replica for its status.</summary>
internal delegate Task<StageStatus> StatusCall(Replica replica, DateTime deadline, CancellationToken cancellation);

/// <summary>Looks up the replicas of a stage and asks each for its status.</summary>
internal sealed class ReplicaProbe(
    ReplicaPool pool, IReadOnlyList<string> addresses, StatusCall ask, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string[]> _found = new(StringComparer.Ordinal);

    /// <summary>Probes every replica once.</summary>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        var found = await Task.WhenAll(addresses.Select(address => LookUpAsync(address, cancellation)))
            .ConfigureAwait(false);
        pool.Follow([.. found.SelectMany(each => each).Distinct()]);
        await Task.WhenAll(pool.Replicas.Select(replica => AskAsync(replica, cancellation))).ConfigureAwait(false);
    }

    /// <summary>Every address of a name is a replica, so that a container that is added is found.</summary>
    private async Task<IEnumerable<string>> LookUpAsync(string address, CancellationToken cancellation)
    {
        var uri = new Uri(address);
        if (uri.HostNameType != UriHostNameType.Dns)
        {
            return [address];
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(uri.Host, AddressFamily.InterNetwork, cancellation)
                .ConfigureAwait(false);
            return _found[address] = [.. found
                .Select(ip => new UriBuilder(uri.Scheme, ip.ToString(), uri.Port).Uri.ToString())];
        }
        catch (SocketException)
        {
            // A name server that fails takes no replica away.
            return _found.GetValueOrDefault(address, []);
        }
    }

    private async Task AskAsync(Replica replica, CancellationToken cancellation)
    {
        // Probes come twice a second and are no work: they make no traces.
        using var untraced = SuppressInstrumentationScope.Begin();
        var (wasReady, excluded) = (replica.IsReady, replica.Excluded);
        try
        {
            var status = await ask(replica, time.GetUtcNow().UtcDateTime + Patience, cancellation)
                .ConfigureAwait(false);
            pool.Update(replica, status);
            LogStatus(replica, status, wasReady, excluded.Count);
        }
        catch (StageFaultException error)
        {
            pool.Update(replica, null);
            if (wasReady)
            {
                logger.ReplicaLost(pool.Stage, replica.Address, error.Message);
            }
        }
    }

    private void LogStatus(Replica replica, StageStatus status, bool wasReady, int excludedBefore)
    {
        if (!wasReady && status.Ready)
        {
            var models = string.Join(
                "; ", status.Models.Select(model => $"{model.Name} with N = {string.Join(", ", model.Steps)}"));
            logger.ReplicaServes(pool.Stage, replica.Address, models);
        }
        else if (wasReady && !status.Ready)
        {
            logger.ReplicaLost(pool.Stage, replica.Address, "it is not ready");
        }

        if (replica.Excluded is { Count: > 0 } excluded && (!wasReady || excludedBefore == 0))
        {
            LogDifference(replica, excluded);
        }
    }

    private void LogDifference(Replica replica, IReadOnlyList<BatchKey> excluded)
    {
        var lanes = string.Join(", ", excluded.Select(lane => $"{lane.Model} N = {lane.Steps}"));
        var (found, expected) = ($"{replica.Served[excluded[0]]}", $"{pool.Catalog.Identities[excluded[0]]}");
        logger.ReplicaDiffers(pool.Stage, replica.Address, lanes, found, expected);
    }
}
