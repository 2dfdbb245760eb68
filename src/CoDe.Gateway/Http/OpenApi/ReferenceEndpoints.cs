using System.Security.Cryptography;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace CoDe.Gateway.Http.OpenApi;

/// <summary>The OpenAPI document and a page to browse it, which needs nothing from elsewhere.</summary>
internal static class ReferenceEndpoints
{
    private const string DocumentPath = "/openapi/v1.json";

    public static void AddReference(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer<ApiDocument>();
    });

    public static void MapReference(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi(DocumentPath).AllowAnonymous();
        endpoints.MapScalarApiReference("/docs", (options, http) =>
        {
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            http.Response.Headers.ContentSecurityPolicy = PolicyOf(nonce);
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            options.WithNonce(nonce)
                .WithTitle("CoDe")
                .WithOpenApiRoutePattern(DocumentPath)
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp()
                .HideClientButton()
                .HideDeveloperTools();
        }).AllowAnonymous();
    }

    /// <summary>Scalar sets styles inline; its only inline script has the nonce.</summary>
    private static string PolicyOf(string nonce)
        => $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
