namespace CoDe.Gateway.Http;

/// <summary>The page, which needs nothing from elsewhere.</summary>
internal static class PageEndpoints
{
    public static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Gets the names of the scripts, one a view and what they share.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
    [
        "page.js", "calls.js", "compare.js", "edit.js", "gallery.js", "jobs.js", "parts.js", "plan.js",
        "service.js", "settings.js", "timeline.js",
    ];

    /// <summary>Forbids inline and foreign content; blobs are the images that the page requested.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Gives up what a page may ask of a browser.</summary>
    private const string Permissions =
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

    public static void MapPage(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapFile("/", "index.html", "text/html; charset=utf-8");
        endpoints.MapFile("/page/page.css", "page.css", "text/css; charset=utf-8");
        foreach (var script in Scripts)
        {
            endpoints.MapFile($"/page/{script}", script, "text/javascript; charset=utf-8");
        }
    }

    private static void MapFile(this IEndpointRouteBuilder endpoints, string path, string resource, string type)
    {
        using var stream = typeof(PageEndpoints).Assembly.GetManifestResourceStream(resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        endpoints.MapMethods(path, Reading, http =>
        {
            http.Response.Headers.ContentSecurityPolicy = Policy;
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            http.Response.Headers["Permissions-Policy"] = Permissions;
            return http.Response.WriteAsync(type, bytes);
        }).AllowAnonymous();
    }
}
