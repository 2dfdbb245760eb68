using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoDe.Flow;
using CoDe.Gateway.Lanes;
using CoDe.Hosting.Tls;
using CoDe.Protocol.V1;
using OpenTelemetry;

namespace CoDe.Gateway.Replicas;

/// <summary>Asks a replica for its status.</summary>
internal delegate Task<StageStatus> StatusCall(Replica replica, DateTime deadline, CancellationToken cancellation);

/// <summary>Looks up the replicas of a stage and asks each for its status.</summary>
/// <param name="tls">For addresses with https.</param>
internal sealed class ReplicaProbe(
    ReplicaPool pool, IReadOnlyList<string> addresses, StatusCall ask, PeerTls tls, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string[]> _found = new(StringComparer.Ordinal);

    /// <summary>Probes every replica once.</summary>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        var found = await Task.WhenAll(addresses.Select(address => LookUpAsync(address, cancellation)))
            .ConfigureAwait(false);
        pool.Follow([.. found.SelectMany(each => each).Distinct()], Open);
        await Task.WhenAll(pool.Replicas.Select(replica => AskAsync(replica, cancellation))).ConfigureAwait(false);
    }

    /// <summary>
    /// Opens a replica. Its certificate has the configured name, whichever address of that name it is reached by.
    /// </summary>
    private Replica Open(string address)
    {
        if (new Uri(address).Scheme != Uri.UriSchemeHttps)
        {
            return new Replica(address);
        }

        var configured = _found.FirstOrDefault(each => each.Value.Contains(address)).Key ?? address;
        var name = new Uri(configured).IdnHost;
        return new Replica(address, (endpoint, token) => tls.ConnectAsync(endpoint, name, token));
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
