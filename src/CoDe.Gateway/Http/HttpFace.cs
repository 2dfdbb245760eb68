using CoDe.Gateway.Http.OpenApi;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CoDe.Gateway.Http;

/// <summary>
/// The public face over HTTP/1.1, on a port of its own. Connections to that port are marked, and what comes by a marked
/// one goes through a pipeline with routes of its own: neither port can serve what is the other's, whatever a client or
/// a proxy writes into <c>Host</c>.
/// </summary>
internal static class HttpFace
{
    /// <summary>Listens, where the options want it. After gRPC, whose address is the first.</summary>
    public static void AddHttpFace(this WebApplicationBuilder builder, GatewayOptions options)
    {
        if (options.HttpPortNumber is { } port)
        {
            builder.Services.AddHealth();
            builder.Services.AddReference();
            var address = ServiceHost.AddressOf(options.Host);
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(HttpConnection.Mark);
                    return next(connection);
                });
            }));
        }
    }

    /// <summary>Must come before anything else is added to the pipeline.</summary>
    public static void UseHttpFace(this WebApplication app, GatewayOptions options)
    {
        if (options.HttpPortNumber is not null)
        {
            app.MapWhen(http => http.Features.Get<HttpConnection>() is not null, face => face.Serve());
            app.Lifetime.ApplicationStarted.Register(() =>
            {
                var address = app.Urls.Last();
                app.Logger.ServesHttp(address);
            });
        }

        // Here, or it would be put before the branch and find gRPC's routes for everything.
        app.UseRouting();
    }

    private static void Serve(this IApplicationBuilder face)
    {
        face.UseMiddleware<ErrorAnswers>();
        face.Use(PrepareAsync);
        face.UseRouting();
        face.UseEndpoints(endpoints =>
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

    /// <summary>Marks a connection to the HTTP port.</summary>
    private sealed class HttpConnection
    {
        public static HttpConnection Mark { get; } = new();
    }
}
