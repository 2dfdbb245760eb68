using CoDe.Gateway.Replicas;
using CoDe.Gateway.Requests;

namespace CoDe.Gateway.Jobs;

/// <summary>Adds what jobs need.</summary>
internal static class JobsSetup
{
    /// <summary>Must come before anything else that uses the folder.</summary>
    public static void AddDataFolder(this WebApplicationBuilder builder, GatewayOptions options)
    {
        if (options.DataFolder.Length > 0)
        {
            builder.Services.AddHostedService(_ => new DataFolderCheck(Path.GetFullPath(options.DataFolder)));
        }
    }

    public static void AddJobs(
        this WebApplicationBuilder builder, GatewayOptions options, ReplicaPool drafters, ReplicaPool refiners)
    {
        builder.Services.AddSingleton(_ => new JobFolder(options.DataFolder));
        builder.Services.AddSingleton(new JobPace(drafters, refiners, options.LargestBatch));
        builder.Services.AddSingleton(services => new JobOrders(
            services.GetRequiredService<RequestReader>(), options.LargestJob));
        builder.Services.AddSingleton<JobRunner>();
        builder.Services.AddSingleton<JobPages>();
        builder.Services.AddSingleton(services => new JobAccess(
            isOpen: options.Redis.Length == 0 || options.DataFolder.Length > 0,
            services.GetRequiredService<ILogger<JobAccess>>()));
        builder.Services.AddSingleton<JobOperations>();
        builder.Services.AddHostedService<JobResumer>();
    }
}
