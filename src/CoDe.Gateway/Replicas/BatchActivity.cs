using System.Diagnostics;
using CoDe.Gateway.Lanes;
using CoDe.Telemetry;
using ActivityNames = CoDe.Telemetry.ActivityNames;

namespace CoDe.Gateway.Replicas;

/// <summary>
/// Activities of batches. A batch belongs to the trace of its first image and links to those of the others.
/// </summary>
internal static class BatchActivity
{
    private static readonly ActivitySource Source = new(ActivityNames.Source);

    /// <returns>Null where nobody records traces.</returns>
    public static Activity? Start(string name, Replica replica, IReadOnlyList<WorkItem> items)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var first = items[0].Trace;
        var links = items.Select(item => item.Trace).Distinct().Where(trace => trace != first && trace != default);
        var activity = Source.StartActivity(
            name, ActivityKind.Internal, first, null, links.Select(trace => new ActivityLink(trace)));
        activity?.SetTag(TagNames.Model, items[0].Key.Model);
        activity?.SetTag(TagNames.Steps, items[0].Key.Steps);
        activity?.SetTag(TagNames.Images, items.Count);
        activity?.SetTag(TagNames.Replica, replica.Address);
        return activity;
    }
}
