using CoDe.Gateway.Callers;
using CoDe.Gateway.Cluster;
using CoDe.Gateway.Http.OpenApi;
using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Listening;
using CoDe.Protocol;
using CoDe.Telemetry;

namespace CoDe.Gateway.Http;

/// <summary>The public face over HTTP/1.1.</summary>
internal static class HttpFace
{
    public static void AddHttpFace(this WebApplicationBuilder builder, GatewayOptions options)
    {
        if (options.HttpPortNumber is not null)
        {
            builder.Services.AddHealth();
            builder.Services.AddReference();
            builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
                .WithOrigins([.. options.CorsOrigins]).AllowAnyMethod().AllowAnyHeader().WithExposedHeaders("*")));
        }
    }

    /// <summary>Must come before anything else is added to the pipeline.</summary>
    public static void UseHttpFace(this WebApplication app, GatewayOptions options)
        => app.UseHttpPort("gateway", options, face => Serve(face, options));

    private static void Serve(IApplicationBuilder face, GatewayOptions options)
    {
        if (options.CorsOrigins.Count > 0)
        {
            // First, so that a page can read errors too.
            face.UseCors();
        }

        face.UseMiddleware<ErrorAnswers>();
        face.UseMiddleware<BrowserGuard>(options);
        face.Use(PrepareAsync);
        face.UseRouting();
        face.UseCallers(options.Callers);
        face.UseEndpoints(endpoints =>
        {
            endpoints.MapPage();
            endpoints.MapHealth();
            endpoints.MapMetrics().RequireOperatorOrPassword();
            endpoints.MapGroup("").RequireAuthorization(CallerRoles.Operate).MapTimeline();
            endpoints.MapGroup("").RequireAuthorization(CallerRoles.Generate).MapGeneration();
            endpoints.MapGroup("").RequireAuthorization(CallerRoles.Jobs).MapJobs();
            endpoints.MapReference();
            if (options.Dashboard)
            {
                endpoints.MapGatewayDashboard();
            }
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
}
