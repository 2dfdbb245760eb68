using CoDe.Gateway.Admission;
using CoDe.Gateway.Embedded;
using CoDe.Gateway.Pipeline;
using CoDe.Gateway.Replicas;
using CoDe.Gateway.Services;
using CoDe.Gateway.Web;
using CoDe.Hosting;
using CoDe.Protocol.V1;

namespace CoDe.Gateway;

/// <summary>Puts the gateway together.</summary>
internal static class GatewayHost
{
    public const string Section = "Gateway";
    public const int DefaultPort = 50051;

    /// <summary>All that can be set; those of the stages count where they run in this process.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, new GatewayOptions());

    /// <exception cref="OptionsException">Options are wrong.</exception>
    /// <exception cref="Weights.CheckpointException">A checkpoint of the embedded stages cannot be used.</exception>
    public static async Task<WebApplication> CreateAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = new GatewayOptions();
        ServiceHost.Bind(builder.Configuration, Section, options);
        OptionsException.ThrowIfAny(options.Problems(Section));
        builder.AddService(new StageOptions { Host = options.Host, Port = options.Port, DrainSeconds = options.DrainSeconds });
        builder.AddWeb(options);
        var stages = options.IsEmbedded ? await EmbeddedStages.StartAsync(args) : null;
        string[] embedded = stages is null ? [] : [$"http://127.0.0.1:{ServiceHost.PortOf(stages)}"];
        var (drafters, refiners) = (new ReplicaPool("drafter"), new ReplicaPool("refiner"));
        builder.Services.AddSingleton(new AdmissionQueue(options.QueueLimit));
        builder.Services.AddSingleton(new ModelCatalog(drafters, refiners));
        builder.Services.AddSingleton(services => new RequestReader(services.GetRequiredService<ModelCatalog>(), options.LargestRequest));
        builder.Services.AddSingleton(services => new GenerationPipeline(
            services.GetRequiredService<AdmissionQueue>(), drafters, refiners, options.LargestBatch, TimeProvider.System, services.GetRequiredService<ILogger<GenerationPipeline>>()));
        builder.Services.AddSingleton<ImageGeneration>();
        builder.Services.AddSingleton(services => new StageReadiness(services.GetRequiredService<ModelCatalog>(), drafters, refiners, services.GetRequiredService<IHostApplicationLifetime>()));
        var app = builder.Build();
        app.UseWeb(options);
        app.MapService();
        app.MapGrpcService<GenerationService>();
        var probes = new[]
        {
            new ReplicaProbe(drafters, stages is null ? [.. options.Drafters] : embedded, async (replica, call) => await new Drafting.DraftingClient(replica.Channel).StatusAsync(new StatusRequest(), call), app.Logger),
            new ReplicaProbe(refiners, stages is null ? [.. options.Refiners] : embedded, async (replica, call) => await new Refining.RefiningClient(replica.Channel).StatusAsync(new StatusRequest(), call), app.Logger),
        };
        await Task.WhenAll(probes.Select(probe => probe.ProbeAsync(CancellationToken.None)));
        foreach (var probe in probes)
        {
            _ = probe.RunAsync(app.Lifetime.ApplicationStopped);
        }

        app.Lifetime.ApplicationStopped.Register(() => stages?.StopAsync().GetAwaiter().GetResult());
        return app;
    }
}
