using System.Diagnostics.Metrics;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Listening;
using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using CoDe.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoDe.Engine.Serving;

/// <summary>Builds the host of a service that computes on a device of its own.</summary>
public static partial class StageHost
{
    /// <summary>Builds a service that can be started and then loaded.</summary>
    /// <param name="service">The service in telemetry; null for part of another, whose telemetry includes it.</param>
    /// <param name="defaults">Makes options as they are when nothing is configured.</param>
    /// <param name="add">Registers the stages, which find the <see cref="Device"/> among the services.</param>
    /// <param name="map">Maps their gRPC services.</param>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static WebApplication Create<T>(
        string[] args, string? service, string section, Func<T> defaults,
        Action<WebApplicationBuilder, T> add, Action<WebApplication> map)
        where T : EngineOptions
    {
        var builder = ServiceDefaults.CreateBuilder(args);
        var options = builder.AddServiceOptions(section, defaults());
        builder.AddServiceDefaults(service, options);
        builder.AllowAnotherHttpPort(options);
        builder.Services.AddSingleton<StageMetrics>();
        builder.Services.AddSingleton(services => CreateDevice(options, services));
        if (options.Device.IsTorch)
        {
            builder.Services.AddSingleton<ILoading, DeviceCheck>();
        }

        add(builder, options);
        var app = builder.Build();
        app.UseHttpPort(section.ToLowerInvariant(), options, Serve);
        app.MapServiceDefaults(options);
        map(app);

        // A device that cannot be created ends the start before the port is bound.
        var device = app.Services.GetRequiredService<Device>();
        DeviceMetrics.Observe(app.Services.GetRequiredService<IMeterFactory>(), device);
        return app;
    }

    /// <summary>Creates the device, whose failure ends the service.</summary>
    private static Device CreateDevice(EngineOptions options, IServiceProvider services)
    {
        if (options.Device.PrecisionNotice() is { } notice)
        {
            LogPrecision(services.GetRequiredService<ILogger<Device>>(), notice);
        }

        var device = new Device(options.Device.Create(), options.QueueLimit);
        services.GetRequiredService<Readiness>().FailWith(device.WhenFailed);
        return device;
    }

    [LoggerMessage(LogLevel.Warning, "{Notice}")]
    private static partial void LogPrecision(ILogger logger, string notice);

    private static void Serve(IApplicationBuilder http)
    {
        http.UseRouting();
        http.UseEndpoints(endpoints =>
        {
            endpoints.MapMetrics();
            endpoints.MapHealthEndpoints();
        });
    }
}
