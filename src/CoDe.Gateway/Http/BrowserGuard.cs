using System.Net;
using CoDe.Flow;

namespace CoDe.Gateway.Http;

/// <summary>
/// Refuses what only a browser sends for a stranger's page: requests for a host that is not this gateway's, by which
/// such a page passes for one of the gateway (DNS rebinding), and requests across sites.
/// </summary>
/// <remarks>
/// Addresses, names without a dot and names below those that no stranger can register are this gateway's; other names
/// have to be configured. Requests across sites are told apart by <c>Sec-Fetch-Site</c>, which pages cannot set.
/// Following a link is no such request.
/// </remarks>
internal sealed class BrowserGuard(RequestDelegate next, GatewayOptions options)
{
    private const string Any = "*";

    /// <summary>Top-level names of private networks.</summary>
    private static readonly string[] Private = [".localhost", ".local", ".internal", ".svc"];

    public Task InvokeAsync(HttpContext http)
    {
        var request = http.Request;
        if (!IsOwn(request.Host.Host))
        {
            throw new InvalidSettingException(
                "Host", request.Host.Host, "an address, a name without a dot, or one of Gateway:AllowedHosts");
        }

        if (request.Headers["Sec-Fetch-Site"] == "cross-site" && !IsNavigation(request)
            && !options.CorsOrigins.Contains($"{request.Headers.Origin}"))
        {
            throw new InvalidSettingException(
                "Origin", $"{request.Headers.Origin}", "this gateway's, or one of Gateway:CorsOrigins");
        }

        return next(http);
    }

    private static bool IsNavigation(HttpRequest request)
        => HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate";

    private bool IsOwn(string host)
        => !host.Contains('.', StringComparison.Ordinal) || IPAddress.TryParse(host, out _)
            || Private.Any(ending => host.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            || options.AllowedHosts.Any(allowed => allowed == Any
                || string.Equals(allowed, host, StringComparison.OrdinalIgnoreCase));
}
