using System.Text;
using CoDe.Hosting.Startup;
using Microsoft.AspNetCore.Hosting.Server;

namespace CoDe.Gateway.Http;

/// <summary>The page, which needs nothing from elsewhere.</summary>
internal static class PageEndpoints
{
    public static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Gets the names of the scripts, one a view and what they share.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
    [
        "page.js", "calls.js", "compare.js", "edit.js", "gallery.js", "jobs.js", "parts.js", "service.js",
        "settings.js", "timeline.js",
    ];

    /// <summary>Stands in the page for the number.</summary>
    private const string GrpcPort = "{grpc-port}";

    /// <summary>Forbids inline and foreign content; blobs are the images that the page requested.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Gives up what a page may ask of a browser.</summary>
    private const string Permissions =
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

    public static void MapPage(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapStart();
        endpoints.MapFile("/page/page.css", "page.css", "text/css; charset=utf-8");
        foreach (var script in Scripts)
        {
            endpoints.MapFile($"/page/{script}", script, "text/javascript; charset=utf-8");
        }
    }

    /// <summary>Maps the page itself, which names the port of gRPC calls, known once it is bound.</summary>
    private static void MapStart(this IEndpointRouteBuilder endpoints)
    {
        var text = Encoding.UTF8.GetString(Read("index.html"));
        var server = endpoints.ServiceProvider.GetRequiredService<IServer>();
        endpoints.MapPart("/", "text/html; charset=utf-8", () => Encoding.UTF8.GetBytes(
            text.Replace(GrpcPort, $"{ServiceHost.PortOf(server)}", StringComparison.Ordinal)));
    }

    private static void MapFile(this IEndpointRouteBuilder endpoints, string path, string resource, string type)
    {
        var bytes = Read(resource);
        endpoints.MapPart(path, type, () => bytes);
    }

    private static void MapPart(this IEndpointRouteBuilder endpoints, string path, string type, Func<byte[]> read)
        => endpoints.MapMethods(path, Reading, http =>
        {
            http.Response.Headers.ContentSecurityPolicy = Policy;
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            http.Response.Headers["Permissions-Policy"] = Permissions;
            return http.Response.WriteAsync(type, read());
        }).AllowAnonymous();

    private static byte[] Read(string resource)
    {
        using var stream = typeof(PageEndpoints).Assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
