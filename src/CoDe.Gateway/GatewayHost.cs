using System.Diagnostics.Metrics;
using CoDe.Gateway.Callers;
using CoDe.Gateway.Cluster;
using CoDe.Gateway.Embedded;
using CoDe.Gateway.Grpc;
using CoDe.Gateway.Http;
using CoDe.Gateway.Jobs;
using CoDe.Gateway.Lanes;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Requests;
using CoDe.Gateway.Results;
using CoDe.Gateway.Timeline;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using CoDe.Hosting.Tls;
using CoDe.Protocol.V1;
using CoDe.Worker;

namespace CoDe.Gateway;

/// <summary>Puts the gateway together.</summary>
public static class GatewayHost
{
    public const string Section = "Gateway";
    public const int DefaultPort = 50051;

    /// <summary>Settings of the gateway itself.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, new GatewayOptions());

    /// <summary>Settings of the gateway and of embedded stages, whose address the gateway chooses.</summary>
    public static IEnumerable<OptionRow> AllSettings()
        => [.. Settings(), .. WorkerHost.Settings().Where(row => !EmbeddedStages.Chosen.Any(
            setting => row.Key == $"{WorkerHost.Section}:{setting.Key}"))];

    /// <summary>Creates the gateway; it finds or loads its stages when it starts.</summary>
    /// <exception cref="OptionsException">Options are wrong, of the gateway or of the embedded stages.</exception>
    public static WebApplication Create(string[] args)
    {
        var builder = ServiceDefaults.CreateBuilder(args);
        var options = builder.AddServiceOptions(Section, new GatewayOptions());
        builder.AddServiceDefaults("gateway", options, options.LargestMessage);
        builder.Services.AddHealthOf(Generation.Descriptor);
        builder.Services.AddHealthOf(Protocol.V1.Jobs.Descriptor);
        builder.Services.AddCallers(options.Callers);
        builder.AddHttpFace(options);
        builder.Services.AddDataFolder(options);
        builder.AddCluster(options);
        var stages = options.IsEmbedded ? new EmbeddedStages(args) : null;
        var (drafters, refiners) = (new ReplicaPool("drafter"), new ReplicaPool("refiner"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => PeerTls.Create(
            options.Peers, provider.GetRequiredService<ILogger<PeerTls>>()));
        builder.Services.AddLanes(options, drafters, refiners);
        builder.Services.AddRequests(options);
        builder.Services.AddResults(options);
        builder.Services.AddReplicas(options, stages, drafters, refiners);
        builder.Services.AddJobs(options, drafters, refiners);
        builder.Services.AddTimeline(drafters, refiners);
        var app = builder.Build();
        app.UseHttpFace(options);
        app.UseGrpcCallers(options.Callers);
        app.MapServiceDefaults(options);
        app.MapGrpcService<GenerationService>();
        app.MapGrpcService<JobsService>();
        if (stages is not null)
        {
            app.Services.GetRequiredService<Readiness>().FailWith(stages.WhenFailed);
        }

        app.TellIfOpen(options.Callers);
        ReplicaMetrics.Observe(app.Services.GetRequiredService<IMeterFactory>(), drafters, refiners);
        return app;
    }
}
