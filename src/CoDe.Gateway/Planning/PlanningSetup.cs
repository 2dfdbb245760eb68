using CoDe.Gateway.Replicas;

namespace CoDe.Gateway.Planning;

/// <summary>Adds the planner.</summary>
internal static class PlanningSetup
{
    public static void AddPlanning(this IServiceCollection services, ReplicaPool drafters, ReplicaPool refiners)
    {
        services.AddSingleton(
            provider => new OwnTimes(provider.GetRequiredService<IGrainFactory>(), drafters, refiners));
        services.AddSingleton<PlanOperations>();
    }
}
