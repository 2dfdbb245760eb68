using System.Diagnostics.Metrics;
using CoDe.Gateway.Cluster;
using CoDe.Gateway.Embedded;
using CoDe.Gateway.Grpc;
using CoDe.Gateway.Http;
using CoDe.Gateway.Jobs;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Requests;
using CoDe.Gateway.Results;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using CoDe.Worker;

namespace CoDe.Gateway;

/// <summary>Puts the gateway together.</summary>
public static class GatewayHost
{
    public const string Section = "Gateway";
    public const int DefaultPort = 50051;

    /// <summary>Largest request of a client, in bytes: two raw images of 1024 x 1024 in base64 are 8 MiB.</summary>
    public const int LargestRequestBytes = 16 << 20;

    /// <summary>Settings of the gateway itself.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, new GatewayOptions());

    /// <summary>Settings of the gateway and of embedded stages, whose address the gateway chooses.</summary>
    public static IEnumerable<OptionRow> AllSettings()
        => [.. Settings(), .. WorkerHost.Settings().Where(row => row.Key is not (
            $"{WorkerHost.Section}:Host" or $"{WorkerHost.Section}:Port" or $"{WorkerHost.Section}:HttpPort"))];

    /// <summary>Creates the gateway; it finds or loads its stages when it starts.</summary>
    /// <exception cref="OptionsException">Options are wrong, of the gateway or of the embedded stages.</exception>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = builder.AddServiceOptions(Section, new GatewayOptions());
        builder.AddServiceDefaults("gateway", options, LargestRequestBytes);
        builder.Services.AddHealthOf(Generation.Descriptor);
        builder.Services.AddHealthOf(Protocol.V1.Jobs.Descriptor);
        builder.AddHttpFace(options);
        builder.AddDataFolder(options);
        builder.AddCluster(options);
        var stages = options.IsEmbedded ? new EmbeddedStages(args) : null;
        var (drafters, refiners) = (new ReplicaPool("drafter"), new ReplicaPool("refiner"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new AdmissionQueue(options.QueueLimit));
        builder.Services.AddSingleton<StageOverlap>();
        builder.Services.AddSingleton<LaneMetrics>();
        builder.Services.AddSingleton(new ModelCatalog(drafters, refiners));
        builder.Services.AddSingleton(services => new RequestReader(
            services.GetRequiredService<ModelCatalog>(), options.LargestRequest));
        builder.Services.AddSingleton(services => new GenerationPipeline(
            services.GetRequiredService<AdmissionQueue>(),
            drafters,
            refiners,
            options.LargestBatch,
            TimeSpan.FromMilliseconds(options.BatchDelayMilliseconds),
            TimeProvider.System,
            services.GetRequiredService<LaneMetrics>(),
            services.GetRequiredService<StageOverlap>(),
            services.GetRequiredService<ILogger<GenerationPipeline>>()));
        builder.Services.AddSingleton<Dispatch>();
        builder.Services.AddSingleton<Origin>();
        builder.Services.AddSingleton<ILoading>(services => services.GetRequiredService<Origin>());
        builder.Services.AddHostedService(services => services.GetRequiredService<Origin>());
        builder.Services.AddResults(options);
        builder.Services.AddSingleton<ImageGeneration>();
        builder.AddJobs(options, drafters, refiners);
        builder.Services.AddSingleton(services => new StageReadiness(
            services.GetRequiredService<ModelCatalog>(), drafters, refiners, services.GetRequiredService<Readiness>()));
        builder.Services.AddSingleton(services => new ReplicaMonitor(
            options, stages, drafters, refiners, TimeProvider.System,
            services.GetRequiredService<ILogger<ReplicaMonitor>>()));
        builder.Services.AddSingleton<ILoading>(services => services.GetRequiredService<ReplicaMonitor>());
        builder.Services.AddHostedService(services => services.GetRequiredService<ReplicaMonitor>());
        var app = builder.Build();
        app.UseHttpFace(options);
        app.MapServiceDefaults();
        app.MapGrpcService<GenerationService>();
        app.MapGrpcService<JobsService>();
        ReplicaMetrics.Observe(app.Services.GetRequiredService<IMeterFactory>(), drafters, refiners);
        return app;
    }
}
