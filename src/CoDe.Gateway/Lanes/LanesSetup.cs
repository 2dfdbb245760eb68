using CoDe.Gateway.Replicas;

namespace CoDe.Gateway.Lanes;

/// <summary>Adds the queue and the pipeline of this silo, which the dispatcher runs.</summary>
internal static class LanesSetup
{
    public static void AddLanes(
        this IServiceCollection services, GatewayOptions options, ReplicaPool drafters, ReplicaPool refiners)
    {
        services.AddSingleton(new AdmissionQueue(options.QueueLimit));
        services.AddSingleton<StageOverlap>();
        services.AddSingleton<BatchHistory>();
        services.AddSingleton<LaneMetrics>();
        services.AddSingleton(provider => new GenerationPipeline(
            provider.GetRequiredService<AdmissionQueue>(),
            drafters,
            refiners,
            options.LargestBatch,
            TimeSpan.FromMilliseconds(options.BatchDelayMilliseconds),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<LaneMetrics>(),
            provider.GetRequiredService<StageOverlap>(),
            provider.GetRequiredService<BatchHistory>(),
            provider.GetRequiredService<ILogger<GenerationPipeline>>()));
        services.AddSingleton<Dispatch>();
    }
}
