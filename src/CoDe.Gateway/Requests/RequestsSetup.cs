using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Results;
using CoDe.Hosting.Lifecycle;

namespace CoDe.Gateway.Requests;

/// <summary>Adds the reading of requests, and the origin that owns them.</summary>
internal static class RequestsSetup
{
    public static void AddRequests(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(provider => new RequestReader(
            provider.GetRequiredService<ModelCatalog>(), options.LargestRequest, options.HighPriority));
        services.AddSingleton<Origin>();
        services.AddSingleton<ILoading>(provider => provider.GetRequiredService<Origin>());
        services.AddHostedService(provider => provider.GetRequiredService<Origin>());
        services.AddSingleton<QuotaAdmission>();
        services.AddSingleton(provider => new ImageGeneration(
            provider.GetRequiredService<RequestReader>(),
            provider.GetRequiredService<ImageSource>(),
            provider.GetRequiredService<GenerationPipeline>(),
            provider.GetRequiredService<ModelCatalog>(),
            asked: new ImagePlaces(AskedLimit(options), "are asked for and not yet delivered"),
            edits: new ImagePlaces(options.QueueLimit, "of edits are being encoded"),
            new DefaultDeadline(
                TimeSpan.FromSeconds(options.DeadlineSeconds), provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<QuotaAdmission>()));
    }

    /// <summary>
    /// Images that are asked for wait in the queue, are in the stages, wait for equal ones that are made, or are done
    /// and not yet delivered.
    /// </summary>
    private static int AskedLimit(GatewayOptions options)
        => (int)Math.Min(int.MaxValue, (4L * options.QueueLimit) + options.LargestRequest);
}
