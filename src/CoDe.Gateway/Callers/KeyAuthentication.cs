using System.Text;
using System.Text.Encodings.Web;
using CoDe.Protocol;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace CoDe.Gateway.Callers;

/// <summary>
/// Knows callers by a key: as a bearer token, in <see cref="ApiKey.Header"/>, or where a browser opens a page of the
/// operators as the password of HTTP Basic. A browser sends the latter again by itself, so nothing else takes it.
/// </summary>
internal sealed class KeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    ReloadedFile<CallerKeys> keys) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "Key";

    private const string Basic = "Basic ";

    /// <summary>Gets the token of an <c>authorization</c> header; null where there is none.</summary>
    public static string? BearerOf(HttpRequest request)
        => After("Bearer ", request.Headers.Authorization.ToString());

    /// <summary>Gets whether an endpoint takes HTTP Basic.</summary>
    public static bool TakesBasic(HttpContext http)
        => http.GetEndpoint()?.Metadata.GetMetadata<BasicMetadata>() is not null;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        => Task.FromResult(KeyOf(Request) is not { Length: > 0 } key ? AuthenticateResult.NoResult()
            : keys.Current.Find(key) is { } caller
            ? AuthenticateResult.Success(new AuthenticationTicket(caller, Name))
            : AuthenticateResult.Fail("The key is not known."));

    private static string? KeyOf(HttpRequest request)
        => BearerOf(request) ?? (request.Headers.TryGetValue(ApiKey.Header, out var key) ? key.ToString()
            : TakesBasic(request.HttpContext) ? PasswordOf(request.Headers.Authorization.ToString())
            : null);

    private static string? PasswordOf(string authorization)
    {
        if (After(Basic, authorization) is not { } encoded)
        {
            return null;
        }

        var bytes = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [_, var password] ? password : null;
    }

    private static string? After(string scheme, string authorization)
        => authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? authorization[scheme.Length..].Trim()
            : null;
}

/// <summary>Marks an endpoint that a browser opens by itself, and that so takes HTTP Basic too.</summary>
internal sealed class BasicMetadata;
