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
    public static Activity? Start(string name, Replica replica, IReadOnlyList<ImageJob> jobs)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var first = jobs[0].Trace;
        var links = jobs.Select(job => job.Trace).Distinct().Where(trace => trace != first && trace != default);
        var activity = Source.StartActivity(
            name, ActivityKind.Internal, first, null, links.Select(trace => new ActivityLink(trace)));
        activity?.SetTag(TagNames.Model, jobs[0].Key.Model);
        activity?.SetTag(TagNames.Steps, jobs[0].Key.Steps);
        activity?.SetTag(TagNames.Images, jobs.Count);
        activity?.SetTag(TagNames.Replica, replica.Address);
        return activity;
    }
}
