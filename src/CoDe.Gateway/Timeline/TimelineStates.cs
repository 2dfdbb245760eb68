using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Results;
using CoDe.Protocol.V1;
using CoDe.Telemetry;
using Google.Protobuf.WellKnownTypes;

namespace CoDe.Gateway.Timeline;

/// <summary>Puts states of the timeline together: of the dispatcher, the replicas, the cluster and the cache.</summary>
internal sealed class TimelineStates(
    ReplicaPool drafters, ReplicaPool refiners, ResultMetrics cache, IClusterMembershipService membership)
{
    public TimelineState Of(DispatcherState dispatcher)
    {
        var batches = dispatcher.Batches;
        var state = new TimelineState
        {
            Time = batches.Time.ToTimestamp(),
            QueueDepth = (uint)dispatcher.Waiting,
            ImagesPerSecond = batches.Stages.GetValueOrDefault(refiners.Stage).ImagesPerSecond,
            Cache = new CacheCounts
            {
                Hits = (ulong)cache.CountOf(OutcomeNames.Hit),
                Collapsed = (ulong)cache.CountOf(OutcomeNames.Collapsed),
                Misses = (ulong)cache.CountOf(OutcomeNames.Miss),
            },
            Missed = (uint)Math.Min(batches.Missed, uint.MaxValue),
        };
        if (dispatcher.Overlap is { } overlap)
        {
            state.Overlap = overlap;
        }

        foreach (var pool in new[] { drafters, refiners })
        {
            state.Stages.Add(LoadOf(pool, batches.Stages.GetValueOrDefault(pool.Stage)));
            state.Replicas.AddRange(pool.Replicas.Select(replica => StateOf(pool.Stage, replica)));
        }

        state.Gateways.AddRange(GatewaysOf(dispatcher.Silo));
        state.Running.AddRange(batches.Running.Select(ToWire));
        return state;
    }

    public static DeviceBatch ToWire(StageBatch batch) => new()
    {
        Stage = batch.Stage,
        Replica = batch.Replica,
        Start = batch.Start.ToTimestamp(),
        End = batch.End?.ToTimestamp(),
        Images = (uint)batch.Images,
        Model = batch.Key.Model,
        Steps = (uint)batch.Key.Steps,
        Outcome = batch.Outcome,
    };

    private static StageLoad LoadOf(ReplicaPool pool, StageWork work) => new()
    {
        Stage = pool.Stage,
        Utilisation = pool.Count == 0 ? 0 : Math.Min(1, work.Busy / pool.Count),
        BatchSize = work.Batches == 0 ? 0 : (double)work.Images / work.Batches,
    };

    private static ReplicaState StateOf(string stage, Replica replica) => new()
    {
        Stage = stage,
        Address = replica.Address,
        State = ReplicaMetrics.StateOf(replica),
        Device = replica.Status?.Device ?? "",
    };

    private IEnumerable<GatewayState> GatewaysOf(SiloAddress dispatcher)
        => membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status is not (SiloStatus.None or SiloStatus.Dead))
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .Select(member => new GatewayState
            {
                Name = $"{member.SiloAddress.Endpoint}",
                State = member.Status.ToString().ToLowerInvariant(),
                Dispatches = member.SiloAddress.Equals(dispatcher),
            });
}
