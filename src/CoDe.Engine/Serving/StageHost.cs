using CoDe.Hosting.Options;
using CoDe.Hosting.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Engine.Serving;

/// <summary>Builds the host of a service that computes on a device of its own.</summary>
public static class StageHost
{
    /// <summary>Builds a service that can be started and then loaded.</summary>
    /// <param name="add">Registers the stages, which find the <see cref="Device"/> among the services.</param>
    /// <param name="map">Maps their gRPC services.</param>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public static WebApplication Create<T>(
        string[] args, string section, T defaults, Action<WebApplicationBuilder, T> add, Action<WebApplication> map)
        where T : EngineOptions
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = builder.Configuration.Read(section, defaults);
        builder.AddService(options);
        builder.Services.AddSingleton(_ => new Device(options.Device.Create(), options.QueueLimit));
        add(builder, options);
        var app = builder.Build();
        app.MapService();
        map(app);
        // A device that cannot be created ends the start before the port is bound.
        app.Services.GetRequiredService<Device>();
        return app;
    }
}
