using CoDe.Hosting;

namespace CoDe.Refiner;

/// <summary>The refiner as a service of its own, or as part of another.</summary>
public static class RefinerHost
{
    public const string Section = "Refiner";
    public const int DefaultPort = 50053;

    /// <summary>All that can be set.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, new StageOptions { Port = DefaultPort });

    /// <summary>Loads, warms up and is ready to start.</summary>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    /// <exception cref="Weights.CheckpointException">A checkpoint cannot be used.</exception>
    public static WebApplication Create(string[] args) => ServiceHost.CreateStage(args, Section, DefaultPort, AddRefining, MapRefining);

    /// <summary>Needs a <see cref="Device"/> among the services.</summary>
    public static void AddRefining(this WebApplicationBuilder builder, StageOptions options)
        => builder.Services.AddSingleton(services => new RefiningEngine(services.GetRequiredService<Device>(), options));

    public static void MapRefining(this WebApplication app)
    {
        app.Services.GetRequiredService<RefiningEngine>().WarmUp();
        app.MapGrpcService<RefiningService>();
    }
}
