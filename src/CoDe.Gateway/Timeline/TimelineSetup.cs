using CoDe.Gateway.Replicas;
using CoDe.Gateway.Results;

namespace CoDe.Gateway.Timeline;

/// <summary>Adds the timeline.</summary>
internal static class TimelineSetup
{
    public static void AddTimeline(this IServiceCollection services, ReplicaPool drafters, ReplicaPool refiners)
    {
        services.AddSingleton(provider => new TimelineStates(
            drafters, refiners, provider.GetRequiredService<ResultMetrics>(),
            provider.GetRequiredService<IClusterMembershipService>()));
        services.AddSingleton<TimelineFeed>();
    }
}
