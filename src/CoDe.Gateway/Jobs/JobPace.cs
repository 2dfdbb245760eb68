using CoDe.Gateway.Replicas;
using CoDe.Planning;

namespace CoDe.Gateway.Jobs;

/// <summary>Number of images that a job has submitted at a time: as many as keep all replicas busy.</summary>
internal sealed class JobPace(ReplicaPool drafters, ReplicaPool refiners, int largestBatch)
{
    /// <summary>Images of a part: a batch.</summary>
    public int PartSize => largestBatch;

    /// <summary>Parts at a time: the batches that all replicas hold, and one that waits for each.</summary>
    public int Parts => (DispatchRules.MostOutstanding + 1) * Math.Max(2, drafters.Count + refiners.Count);
}
