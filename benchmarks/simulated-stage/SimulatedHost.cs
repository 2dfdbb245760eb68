using CoDe.Engine.Serving;
using CoDe.Hosting.Startup;

namespace CoDe.SimulatedStage;

/// <summary>Serves a simulated stage as the real ones are served.</summary>
internal static class SimulatedHost
{
    public static WebApplication Create(
        string kind, StageOptions options, SimulatedDevice device, SimulatedModels models)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddServiceDefaults(kind, options);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(device);
        builder.Services.AddSingleton(models);
        var app = builder.Build();
        app.MapServiceDefaults(options);
        if (kind == "drafter")
        {
            app.MapGrpcService<SimulatedDrafter>();
        }
        else
        {
            app.MapGrpcService<SimulatedRefiner>();
        }

        return app;
    }
}
