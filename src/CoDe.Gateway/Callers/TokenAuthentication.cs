using System.Security.Cryptography;
using System.Text;
using CoDe.Flow;
using CoDe.Protocol;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace CoDe.Gateway.Callers;

/// <summary>Knows callers by a token (JWT): the <c>sub</c> is the name, and a claim has the roles.</summary>
internal static class TokenAuthentication
{
    public const string Name = JwtBearerDefaults.AuthenticationScheme;

    private const string Subject = "sub";

    /// <summary>Characters of the longest subject that is part of a name; of a longer one its digest is.</summary>
    private const int LongestSubject = 128;

    /// <summary>Difference of the clocks of the gateway and of what signs the tokens.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Signatures that a public key checks; with others its text would be the secret.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <param name="keys">The keys of a file; null where a provider has them.</param>
    public static void Configure(
        JwtBearerOptions bearer, JwtOptions options, CallerLimits limits,
        ReloadedFile<IReadOnlyList<SecurityKey>>? keys)
    {
        bearer.MapInboundClaims = false;
        bearer.Audience = options.Audience;
        bearer.IncludeErrorDetails = false;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAudience = options.Audience,
            ValidAlgorithms = Algorithms,
            ValidateIssuer = options.Issuer.Length > 0 || keys is null,
            ValidIssuer = options.Issuer.Length > 0 ? options.Issuer : null,
            ClockSkew = ClockSkew,
        };
        if (keys is null)
        {
            bearer.Authority = options.Authority;
            bearer.RequireHttpsMetadata = new Uri(options.Authority).Scheme == Uri.UriSchemeHttps;
            bearer.BackchannelTimeout = ProviderTimeout;
        }
        else
        {
            bearer.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, _, _) => keys.Current;
        }

        bearer.Events = new JwtBearerEvents
        {
            OnMessageReceived = AskProviderAsync,
            OnTokenValidated = context => Accept(context, options, limits),
            OnAuthenticationFailed = context =>
            {
                context.Fail(ReasonOf(context.Exception));
                return Task.CompletedTask;
            },
        };
    }

    /// <summary>Makes keys that the provider no longer offers count no longer, once its new ones are known.</summary>
    public static void ForgetFormerKeys(JwtBearerOptions bearer)
    {
        if (bearer.ConfigurationManager is BaseConfigurationManager provider)
        {
            provider.UseLastKnownGoodConfiguration = false;
        }
    }

    /// <summary>Fails calls with a token while the provider has never answered; later its answer is kept.</summary>
    private static async Task AskProviderAsync(MessageReceivedContext context)
    {
        if (context.Options.ConfigurationManager is not { } provider
            || KeyAuthentication.BearerOf(context.Request) is null)
        {
            return;
        }

        try
        {
            await provider.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (InvalidOperationException)
        {
            context.Fail(new NotReadyException("The identity provider gives no keys now; try again later."));
        }
    }

    private static Task Accept(TokenValidatedContext context, JwtOptions options, CallerLimits limits)
    {
        var claims = context.Principal!;
        if (claims.FindFirst(Subject)?.Value is not { Length: > 0 } subject)
        {
            context.Fail("The token has no sub.");
            return Task.CompletedTask;
        }

        // A claim may be a list, or text with blanks as scope is.
        var roles = claims.FindAll(options.RolesClaim).SelectMany(claim => claim.Value.Split(' ')).Distinct()
            .Where(CallerRoles.All.Contains);
        context.Principal = new CallerIdentity(Name, NameOf(subject), roles, limits).ToPrincipal();
        return Task.CompletedTask;
    }

    /// <summary>A name is part of paths and addresses.</summary>
    private static string NameOf(string subject)
    {
        var escaped = Uri.EscapeDataString(subject);
        return CallerIdentity.TokenPrefix + (escaped.Length <= LongestSubject
            ? escaped
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject))));
    }

    private static string ReasonOf(Exception error) => error switch
    {
        SecurityTokenExpiredException => "The token has expired.",
        SecurityTokenNotYetValidException => "The token is not valid yet.",
        SecurityTokenInvalidAudienceException => "The token is for another audience.",
        SecurityTokenInvalidIssuerException => "The token is of another issuer.",
        SecurityTokenException or ArgumentException => "The token cannot be trusted.",
        _ => "The token cannot be checked now.",
    };
}
