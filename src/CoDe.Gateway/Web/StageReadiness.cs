using CoDe.Gateway.Replicas;
using CoDe.Gateway.Services;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol.V1;

namespace CoDe.Gateway.Web;

/// <summary>Whether the gateway can serve right now. What replicas served before they were lost does not count, though requests for it may wait.</summary>
internal sealed class StageReadiness(ModelCatalog catalog, ReplicaPool drafters, ReplicaPool refiners, Readiness readiness)
{
    /// <returns>A sentence, or null where nothing stands in the way.</returns>
    public string? Obstacle() => readiness.Obstacle ?? (!HasReady(drafters) ? "No drafter is ready."
        : !HasReady(refiners) ? "No refiner is ready."
        : !catalog.Models().Any(IsServed) ? "No drafter and refiner that are ready serve the same model and N."
        : null);

    private static bool HasReady(ReplicaPool pool) => pool.Replicas.Any(replica => replica.Status is { Ready: true });

    private bool IsServed(ServedModel model) => model.Steps.Any(steps => Serves(drafters, model.Name, steps) && Serves(refiners, model.Name, steps));

    private static bool Serves(ReplicaPool pool, string model, uint steps) => pool.Replicas.Any(replica => replica.Serves(model, (int)steps));
}
