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
    public static WebApplication Create(string[] args) => ServiceHost.CreateStage(args, Section, DefaultPort, AddDrafting, MapDrafting);

    /// <summary>Needs a <see cref="Device"/> among the services.</summary>
    public static void AddDrafting(this WebApplicationBuilder builder, StageOptions options)
        => builder.Services.AddSingleton(services => new DraftingEngine(services.GetRequiredService<Device>(), options));

    public static void MapDrafting(this WebApplication app)
    {
        app.Services.GetRequiredService<DraftingEngine>().WarmUp();
        app.MapGrpcService<DraftingService>();
    }
}
