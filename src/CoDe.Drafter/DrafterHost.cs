using CoDe.Compute.Cpu;
using CoDe.Hosting;

namespace CoDe.Drafter;

/// <summary>The drafter as a service of its own, or as part of another.</summary>
public static class DrafterHost
{
    public const string Section = "Drafter";
    public const int DefaultPort = 50052;

    /// <summary>All that can be set.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, new StageOptions { Port = DefaultPort });

    /// <summary>Loads, warms up and is ready to start.</summary>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    /// <exception cref="Weights.CheckpointException">A checkpoint cannot be used.</exception>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = builder.Configuration.StageOptions(Section, DefaultPort);
        builder.AddService(options);
        builder.Services.AddSingleton(_ => new Device(CpuBackend.Create(options.Device.ToCpuOptions()), options.QueueLimit));
        builder.AddDrafting(options);
        var app = builder.Build();
        app.MapService();
        app.MapDrafting();
        return app;
    }

    /// <summary>Needs a <see cref="Device"/> among the services.</summary>
    public static void AddDrafting(this WebApplicationBuilder builder, StageOptions options)
        => builder.Services.AddSingleton(services => new DraftingEngine(services.GetRequiredService<Device>(), options));

    public static void MapDrafting(this WebApplication app)
    {
        app.Services.GetRequiredService<DraftingEngine>().WarmUp();
        app.MapGrpcService<DraftingService>();
    }
}
