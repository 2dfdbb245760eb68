using CoDe.Compute.Cpu;
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
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = builder.Configuration.StageOptions(Section, DefaultPort);
        builder.AddService(options);
        builder.Services.AddSingleton(_ => new Device(CpuBackend.Create(options.Device.ToCpuOptions()), options.QueueLimit));
        builder.AddRefining(options);
        var app = builder.Build();
        app.MapService();
        app.MapRefining();
        return app;
    }

    /// <summary>Needs a <see cref="Device"/> among the services.</summary>
    public static void AddRefining(this WebApplicationBuilder builder, StageOptions options)
        => builder.Services.AddSingleton(services => new RefiningEngine(services.GetRequiredService<Device>(), options));

    public static void MapRefining(this WebApplication app)
    {
        app.Services.GetRequiredService<RefiningEngine>().WarmUp();
        app.MapGrpcService<RefiningService>();
    }
}
