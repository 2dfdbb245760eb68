using CoDe.Gateway.Embedded;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Tls;

namespace CoDe.Gateway.Replicas;

/// <summary>Adds the monitoring of replicas, and what is known of them.</summary>
internal static class ReplicasSetup
{
    /// <param name="stages">Stages of this process; null where they have processes of their own.</param>
    public static void AddReplicas(
        this IServiceCollection services, GatewayOptions options, EmbeddedStages? stages, ReplicaPool drafters,
        ReplicaPool refiners)
    {
        services.AddSingleton(new ModelCatalog(drafters, refiners));
        services.AddSingleton(provider => new StageReadiness(
            provider.GetRequiredService<ModelCatalog>(), drafters, refiners, provider.GetRequiredService<Readiness>()));
        services.AddSingleton(provider => new ReplicaMonitor(
            options, stages, drafters, refiners, provider.GetRequiredService<PeerTls>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ReplicaMonitor>>()));
        services.AddSingleton<ILoading>(provider => provider.GetRequiredService<ReplicaMonitor>());
        services.AddHostedService(provider => provider.GetRequiredService<ReplicaMonitor>());
    }
}
