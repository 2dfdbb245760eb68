using CoDe.Gateway.Http.OpenApi;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoDe.Gateway.Http;

/// <summary>
/// The public face over HTTP/1.1, on a port of its own. Connections to that port are marked, and what comes by a marked one goes through a pipeline with
/// routes of its own: neither port can serve what is the other's, whatever a client or a proxy writes into <c>Host</c>.
/// </summary>
internal static partial class WebFace
{
    /// <summary>Listens, where the options want it. After gRPC, whose address is the first.</summary>
    public static void AddWeb(this WebApplicationBuilder builder, GatewayOptions options)
    {
        if (options.HttpPortNumber is { } port)
        {
            builder.Services.AddHealth();
            builder.Services.AddReference();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(ServiceHost.AddressOf(options.Host), port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(WebConnection.Mark);
                    return next(connection);
                });
            }));
        }
    }

    /// <summary>Must come before anything else is added to the pipeline.</summary>
    public static void UseWeb(this WebApplication app, GatewayOptions options)
    {
        if (options.HttpPortNumber is not null)
        {
            app.MapWhen(http => http.Features.Get<WebConnection>() is not null, web => web.Serve());
            app.Lifetime.ApplicationStarted.Register(() =>
            {
                var address = app.Urls.Last();
                LogServing(app.Logger, address);
            });
        }

        // Here, or it would be put before the branch and find gRPC's routes for everything.
        app.UseRouting();
    }

    private static void Serve(this IApplicationBuilder web)
    {
        web.UseMiddleware<ErrorAnswers>();
        web.Use(PrepareAsync);
        web.UseRouting();
        web.UseEndpoints(endpoints =>
        {
            endpoints.MapPage();
            endpoints.MapHealth();
            endpoints.MapGeneration();
            endpoints.MapReference();
        });
    }

    private static async Task PrepareAsync(HttpContext http, RequestDelegate next)
    {
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.CacheControl = "no-store";
        if (!http.Request.Path.StartsWithSegments("/v1"))
        {
            await next(http);
            return;
        }

        var readiness = http.RequestServices.GetRequiredService<Readiness>();
        readiness.Enter();
        try
        {
            await next(http);
        }
        finally
        {
            readiness.Leave();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "gateway serves HTTP on {Address}")]
    private static partial void LogServing(ILogger logger, string address);

    /// <summary>Marks a connection to the HTTP port.</summary>
    private sealed class WebConnection
    {
        public static WebConnection Mark { get; } = new();
    }
}
