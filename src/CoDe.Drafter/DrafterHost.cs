using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using CoDe.Protocol.V1;

namespace CoDe.Drafter;

/// <summary>The drafter as a service of its own, or as part of another.</summary>
public static class DrafterHost
{
    public const string Section = "Drafter";
    public const int DefaultPort = 50052;

    /// <summary>Lists all settings.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, Defaults());

    /// <summary>Ready to start, and then to load.</summary>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static WebApplication Create(string[] args) => StageHost.Create(
        args, "drafter", Section, Defaults,
        (builder, options) => builder.AddDrafting(options.Models, options.LargestBatch), MapDrafting);

    /// <summary>Needs a <see cref="Device"/> among the services.</summary>
    /// <param name="models">None for the demonstration model.</param>
    public static void AddDrafting(
        this WebApplicationBuilder builder, IEnumerable<ModelOptions> models, int largestBatch)
    {
        builder.Services.AddSingleton(services => new DraftingEngine(
            services.GetRequiredService<Device>(), ModelOptions.OrTiny([.. models], TinyModel.Drafter), largestBatch,
            services.GetRequiredService<StageMetrics>()));
        builder.Services.AddSingleton<ILoading>(services => services.GetRequiredService<DraftingEngine>());
        builder.Services.AddHealthOf(Drafting.Descriptor);
    }

    public static void MapDrafting(this WebApplication app) => app.MapGrpcService<DraftingService>();

    private static StageOptions Defaults() => new() { Port = DefaultPort, HttpPort = "8082" };
}
