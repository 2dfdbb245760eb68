using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Options;
using CoDe.Protocol.V1;

namespace CoDe.Refiner;

/// <summary>The refiner as a service of its own, or as part of another.</summary>
public static class RefinerHost
{
    public const string Section = "Refiner";
    public const int DefaultPort = 50053;

    /// <summary>Lists all settings.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, Defaults());

    /// <summary>Ready to start, and then to load.</summary>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static WebApplication Create(string[] args) => StageHost.Create(
        args, "refiner", Section, Defaults,
        (builder, options) => builder.AddRefining(options.Models, options.LargestBatch), MapRefining);

    /// <summary>Needs a <see cref="Device"/> among the services.</summary>
    /// <param name="models">None for the demonstration model.</param>
    public static void AddRefining(
        this WebApplicationBuilder builder, IEnumerable<ModelOptions> models, int largestBatch)
    {
        builder.Services.AddSingleton(services => new RefiningEngine(
            services.GetRequiredService<Device>(), ModelOptions.OrTiny([.. models], TinyModel.Refiner), largestBatch,
            services.GetRequiredService<StageMetrics>()));
        builder.Services.AddSingleton<ILoading>(services => services.GetRequiredService<RefiningEngine>());
        builder.Services.AddHealthOf(Refining.Descriptor);
    }

    public static void MapRefining(this WebApplication app) => app.MapGrpcService<RefiningService>();

    private static StageOptions Defaults() => new() { Port = DefaultPort, HttpPort = "8083" };
}
