using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>Models that the replicas of a stage serve. A new instance is made whenever they change.</summary>
/// <param name="Identities">Weights and arithmetic of each lane.</param>
internal sealed record StageCatalog(
    IReadOnlyList<ServedModel> Models, IReadOnlyDictionary<BatchKey, ReplicaIdentity> Identities)
{
    /// <returns>This instance where nothing changed.</returns>
    public StageCatalog Updated(IEnumerable<Replica> replicas, Dictionary<BatchKey, ReplicaIdentity> identities)
    {
        var ready = replicas.Where(replica => replica.IsReady);
        ServedModel[] models = [.. ready.SelectMany(replica => replica.Status!.Models)];
        return models.SequenceEqual(Models)
            && identities.Count == Identities.Count
            && !identities.Except(Identities).Any()
            ? this
            : new StageCatalog(models, new Dictionary<BatchKey, ReplicaIdentity>(identities));
    }
}
