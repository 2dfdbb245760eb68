using CoDe.Hosting.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Adds the readiness of a service, and the drain that ends it.</summary>
internal static class ReadinessExtensions
{
    public static void AddReadiness(this WebApplicationBuilder builder, ServiceOptions options)
    {
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHostedService<Drain>();
        var timeout = TimeSpan.FromSeconds(options.DrainSeconds);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = timeout);
    }
}
