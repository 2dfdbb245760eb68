using CoDe.Engine.Serving;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Protocol.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CoDe.Shared.Tests.Hosting.Calls;

/// <summary>Hosts a drafting service of a test as a drafter hosts its own.</summary>
internal static class DraftingHost
{
    /// <param name="loggers">Take the log, which is written nowhere else.</param>
    public static async Task<WebApplication> StartAsync<T>(T service, params ILoggerProvider[] loggers)
        where T : Drafting.DraftingBase
    {
        var builder = WebApplication.CreateSlimBuilder();
        var options = new StageOptions { Host = "127.0.0.1", HttpPort = "off" };
        builder.AddServiceDefaults(null, options);
        builder.Logging.ClearProviders();
        foreach (var logger in loggers)
        {
            builder.Logging.AddProvider(logger);
        }

        builder.Services.AddSingleton(service);
        var app = builder.Build();
        app.MapServiceDefaults(options);
        app.MapGrpcService<T>();
        await app.StartAndLoadAsync();
        return app;
    }
}
