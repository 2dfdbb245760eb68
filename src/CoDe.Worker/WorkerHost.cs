using CoDe.Drafter;
using CoDe.Engine.Serving;
using CoDe.Hosting.Options;
using CoDe.Refiner;

namespace CoDe.Worker;

/// <summary>Both stages on one device, as a service of its own or as part of another.</summary>
public static class WorkerHost
{
    public const string Section = "Worker";
    public const int DefaultPort = 50054;

    /// <summary>Lists all settings.</summary>
    public static IEnumerable<OptionRow> Settings() => OptionsText.Rows(Section, new WorkerOptions());

    /// <summary>Ready to start, and then to load.</summary>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static WebApplication Create(string[] args) => Create(args, "worker", _ => { });

    /// <summary>Ready to start as part of another service, whose telemetry includes it.</summary>
    /// <param name="adapt">Changes the host.</param>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static WebApplication CreatePart(string[] args, Action<WebApplicationBuilder> adapt)
        => Create(args, null, adapt);

    private static WebApplication Create(string[] args, string? service, Action<WebApplicationBuilder> adapt)
        => StageHost.Create(
            args,
            service,
            Section,
            () => new WorkerOptions(),
            (builder, options) =>
            {
                builder.AddDrafting(options.Drafters, options.LargestBatch);
                builder.AddRefining(options.Refiners, options.LargestBatch);
                adapt(builder);
            },
            app =>
            {
                app.MapDrafting();
                app.MapRefining();
            });
}
