using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace CoDe.Gateway.Tests.Callers;

/// <summary>An identity provider on loopback: OpenID metadata, a set of public keys, and tokens it signs.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private ECDsa _signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _keys;

    private IdentityProvider()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", http => http.Response.WriteAsJsonAsync(
            new Dictionary<string, string> { ["issuer"] = Address, ["jwks_uri"] = $"{Address}/keys" }));
        _app.MapGet("/keys", AnswerKeysAsync);
    }

    public string Address => _app.Urls.Single();

    /// <summary>Gets or sets whether its keys cannot be had.</summary>
    public bool IsDown { get; set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        var provider = new IdentityProvider();
        await provider._app.StartAsync();
        return provider;
    }

    /// <summary>Signs with a new key from now on, and offers that alone.</summary>
    public void Rotate()
    {
        _signing.Dispose();
        _signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _keys++;
    }

    /// <summary>Signs a token of a caller with a role.</summary>
    public string Sign(string subject, string role)
    {
        var token = ClosedGateway.Describe(subject, role);
        token.Issuer = Address;
        var key = new ECDsaSecurityKey(_signing) { KeyId = $"{_keys}" };
        token.SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256);
        return ClosedGateway.Write(token);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _signing.Dispose();
    }

    private Task AnswerKeysAsync(HttpContext http)
    {
        if (IsDown)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }

        return http.Response.WriteAsJsonAsync(new { keys = new[] { PublicKey() } });
    }

    private Dictionary<string, string> PublicKey()
    {
        var point = _signing.ExportParameters(includePrivateParameters: false).Q;
        return new()
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["use"] = "sig",
            ["kid"] = $"{_keys}",
            ["x"] = Base64UrlEncoder.Encode(point.X),
            ["y"] = Base64UrlEncoder.Encode(point.Y),
        };
    }
}
