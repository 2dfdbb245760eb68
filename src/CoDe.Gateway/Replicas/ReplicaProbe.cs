using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoDe.Protocol.V1;
using Grpc.Core;

namespace CoDe.Gateway.Replicas;

/// <summary>Looks up which replicas there are and asks each how it stands, again and again.</summary>
internal sealed partial class ReplicaProbe(
    ReplicaPool pool, IReadOnlyList<string> addresses, Func<Replica, CallOptions, Task<StageStatus>> ask, ILogger logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, string[]> _found = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Period);
        do
        {
            await ProbeAsync(cancellation).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>Once.</summary>
    public async Task ProbeAsync(CancellationToken cancellation)
    {
        pool.Follow([.. (await Task.WhenAll(addresses.Select(LookUpAsync)).ConfigureAwait(false)).SelectMany(each => each).Distinct()]);
        await Task.WhenAll(pool.Replicas.Select(replica => AskAsync(replica, cancellation))).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Stage} at {Address} serves: {Models}")]
    private static partial void LogServing(ILogger logger, string stage, string address, string models);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Stage} at {Address} does not serve: {Reason}")]
    private static partial void LogLost(ILogger logger, string stage, string address, string reason);

    /// <summary>Every address of a name is a replica, so that one more container is found by itself.</summary>
    private async Task<IEnumerable<string>> LookUpAsync(string address)
    {
        var uri = new Uri(address);
        if (uri.HostNameType != UriHostNameType.Dns)
        {
            return [address];
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(uri.Host, AddressFamily.InterNetwork).ConfigureAwait(false);
            return _found[address] = [.. found.Select(ip => new UriBuilder(uri.Scheme, ip.ToString(), uri.Port).Uri.ToString())];
        }
        catch (SocketException)
        {
            // A name server that fails takes no replica away.
            return _found.GetValueOrDefault(address, []);
        }
    }

    private async Task AskAsync(Replica replica, CancellationToken cancellation)
    {
        var known = replica.Status is { Ready: true };
        try
        {
            var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + Patience;
            var status = await ask(replica, new CallOptions(deadline: deadline, cancellationToken: cancellation)).ConfigureAwait(false);
            pool.Update(replica, status);
            if (!known && status.Ready)
            {
                var models = string.Join("; ", status.Models.Select(model => $"{model.Name} with N = {string.Join(", ", model.Steps)}"));
                LogServing(logger, pool.Stage, replica.Address, models);
            }
            else if (known && !status.Ready)
            {
                LogLost(logger, pool.Stage, replica.Address, "it is not ready");
            }
        }
        catch (RpcException error)
        {
            pool.Update(replica, null);
            if (known)
            {
                LogLost(logger, pool.Stage, replica.Address, error.Status.Detail);
            }
        }
    }
}
