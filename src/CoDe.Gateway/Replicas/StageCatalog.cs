using CoDe.Gateway.Lanes;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>What the replicas of a stage serve. A new instance is made whenever that changes.</summary>
/// <param name="Identities">What decides the bits of each lane.</param>
internal sealed record StageCatalog(IReadOnlyList<ServedModel> Models, IReadOnlyDictionary<BatchKey, ReplicaIdentity> Identities);
