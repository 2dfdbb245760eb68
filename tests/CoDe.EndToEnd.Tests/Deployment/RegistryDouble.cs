using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CoDe.EndToEnd.Deployment;

/// <summary>
/// Registries of images on loopback, by the names and over the protocol of the real ones: manifests by tag, and tokens
/// where a registry asks for them.
/// </summary>
internal sealed class RegistryDouble : IAsyncDisposable
{
    public const string Hub = "registry-1.docker.io";
    public const string Microsoft = "mcr.microsoft.com";

    private const string HubTokens = "auth.docker.io";
    private const string Token = "anonymous";

    private readonly X509Certificate2 _certificate = SelfSigned(Hub, HubTokens, Microsoft);
    private readonly WebApplication _app;

    private RegistryDouble()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Manifests by registry, repository and tag: <c>registry-1.docker.io/library/redis:7</c>.</summary>
    public ConcurrentDictionary<string, string> Manifests { get; } = [];

    public static async Task<RegistryDouble> StartAsync()
    {
        var registry = new RegistryDouble();
        await registry._app.StartAsync();
        return registry;
    }

    /// <summary>Writes what makes curl take this for any host.</summary>
    /// <param name="home">Folder for its variable <c>CURL_HOME</c>.</param>
    public void Redirect(string home)
    {
        var authority = Path.Combine(home, "authority.pem");
        File.WriteAllText(authority, _certificate.ExportCertificatePem());
        var port = new Uri(_app.Urls.Single()).Port;
        File.WriteAllText(
            Path.Combine(home, ".curlrc"),
            $"connect-to = \"::127.0.0.1:{port}\"\ncacert = \"{authority}\"\nnoproxy = \"*\"\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private Task AnswerAsync(HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        if (request.Host.Host == HubTokens)
        {
            return response.WriteAsJsonAsync(new { token = Token, expires_in = 300 });
        }

        // /v2/REPOSITORY/manifests/TAG
        if (request.Path.Value!.Split("/manifests/") is not [var repository, var tag])
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        if (request.Host.Host == Hub && request.Headers.Authorization != $"Bearer {Token}")
        {
            response.StatusCode = StatusCodes.Status401Unauthorized;
            response.Headers.WWWAuthenticate =
                $"Bearer realm=\"https://{HubTokens}/token\",service=\"registry.docker.io\"";
            return response.WriteAsJsonAsync(new { errors = new[] { new { code = "UNAUTHORIZED" } } });
        }

        if (!Manifests.TryGetValue($"{request.Host.Host}/{repository["/v2/".Length..]}:{tag}", out var manifest))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return response.WriteAsJsonAsync(new { errors = new[] { new { code = "MANIFEST_UNKNOWN" } } });
        }

        return response.WriteAsync(manifest);
    }

    private static X509Certificate2 SelfSigned(params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=registries", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
