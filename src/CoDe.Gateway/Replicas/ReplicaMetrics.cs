using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Gateway.Replicas;

/// <summary>Measures of the replicas of both stages.</summary>
internal static class ReplicaMetrics
{
    /// <summary>Observes the pools for as long as the factory of meters lives.</summary>
    public static void Observe(IMeterFactory meters, params ReplicaPool[] pools)
        => meters.Create(MeterNames.Gateway).CreateObservableGauge(
            InstrumentNames.Replicas, () => pools.SelectMany(Count), "{replica}", "Replicas of a stage by state.");

    /// <returns>A name of <see cref="StateNames"/>.</returns>
    public static string StateOf(Replica replica) => !replica.IsReady ? StateNames.Lost
        : replica.Excluded.Count > 0 ? StateNames.Excluded
        : StateNames.Ready;

    private static IEnumerable<Measurement<int>> Count(ReplicaPool pool)
    {
        string[] states = [.. pool.Replicas.Select(StateOf)];
        foreach (var state in new[] { StateNames.Ready, StateNames.Lost, StateNames.Excluded })
        {
            yield return new Measurement<int>(
                states.Count(each => each == state),
                KeyValuePair.Create(TagNames.Stage, (object?)pool.Stage),
                KeyValuePair.Create(TagNames.State, (object?)state));
        }
    }
}
