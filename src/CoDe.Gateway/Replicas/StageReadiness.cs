using CoDe.Gateway.Lanes;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Replicas;

/// <summary>
/// Readiness of the gateway by its stages. Models of lost replicas do not count, though requests for them may wait.
/// </summary>
internal sealed class StageReadiness(
    ModelCatalog catalog, ReplicaPool drafters, ReplicaPool refiners, Readiness readiness)
{
    /// <returns>A sentence, or null where nothing stands in the way.</returns>
    public string? Obstacle() => readiness.Obstacle ?? (!HasReady(drafters) ? "No drafter is ready."
        : !HasReady(refiners) ? "No refiner is ready."
        : !catalog.Models().Any(IsServed) ? "No drafter and refiner that are ready serve the same model and N."
        : null);

    private static bool HasReady(ReplicaPool pool) => pool.Replicas.Any(replica => replica.IsReady);

    private bool IsServed(Model model)
        => model.Steps.Select(steps => new BatchKey(model.Name, (int)steps))
            .Any(lane => Serves(drafters, lane) && Serves(refiners, lane));

    private static bool Serves(ReplicaPool pool, BatchKey lane) => pool.Replicas.Any(replica => replica.Serves(lane));
}
