using CoDe.Gateway.Replicas;
using CoDe.Hosting.Lifecycle;

namespace CoDe.Gateway.Requests;

/// <summary>Adds the reading of requests, and the origin that owns them.</summary>
internal static class RequestsSetup
{
    public static void AddRequests(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(provider => new RequestReader(
            provider.GetRequiredService<ModelCatalog>(), options.LargestRequest));
        services.AddSingleton<Origin>();
        services.AddSingleton<ILoading>(provider => provider.GetRequiredService<Origin>());
        services.AddHostedService(provider => provider.GetRequiredService<Origin>());
        services.AddSingleton(new EditAdmission(options.QueueLimit));
        services.AddSingleton<QuotaAdmission>();
        services.AddSingleton<ImageGeneration>();
    }
}
