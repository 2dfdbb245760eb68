using CoDe.Compute.Cpu;
using CoDe.Drafter;
using CoDe.Hosting;
using CoDe.Refiner;

namespace CoDe.Gateway.Embedded;

/// <summary>Both stages on one device in the gateway's process, over gRPC on loopback: what runs without any configuration.</summary>
internal static class EmbeddedStages
{
    /// <returns>Started; its address serves both stages.</returns>
    public static async Task<WebApplication> StartAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var drafting = builder.Configuration.Read(DrafterHost.Section, new StageOptions());
        var refining = builder.Configuration.Read(RefinerHost.Section, new StageOptions());
        (drafting.Host, drafting.Port) = ("127.0.0.1", 0);
        builder.AddService(drafting);
        builder.Services.AddSingleton(_ => new Device(CpuBackend.Create(drafting.Device.ToCpuOptions()), drafting.QueueLimit + refining.QueueLimit));
        builder.AddDrafting(drafting);
        builder.AddRefining(refining);
        var app = builder.Build();
        app.MapService();
        app.MapDrafting();
        app.MapRefining();
        await app.StartAsync();
        return app;
    }
}
