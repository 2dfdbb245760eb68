using CoDe.Gateway.Replicas;
using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Jobs;

/// <summary>Adds what jobs need.</summary>
internal static class JobsSetup
{
    /// <summary>Must come before anything else that uses the folder.</summary>
    public static void AddDataFolder(this IServiceCollection services, GatewayOptions options)
    {
        if (options.DataFolder.Length > 0)
        {
            services.AddHostedService(_ => new DataFolderCheck(Path.GetFullPath(options.DataFolder)));
        }
    }

    public static void AddJobs(
        this IServiceCollection services, GatewayOptions options, ReplicaPool drafters, ReplicaPool refiners)
    {
        services.AddSingleton(_ => new JobFolder(options.DataFolder));
        services.AddSingleton(new JobPace(drafters, refiners, options.LargestBatch));
        services.AddSingleton(provider => new JobOrders(
            provider.GetRequiredService<RequestReader>(), options.LargestJob));
        services.AddSingleton<JobRunner>();
        services.AddSingleton<JobPages>();
        services.AddSingleton(provider => new JobAccess(
            isOpen: options.Redis.Length == 0 || options.DataFolder.Length > 0,
            provider.GetRequiredService<ILogger<JobAccess>>()));
        services.AddSingleton<JobOperations>();
        services.AddHostedService<JobResumer>();
    }
}
