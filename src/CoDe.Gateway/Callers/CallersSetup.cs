using System.Net;
using CoDe.Gateway.Callers.Quotas;
using CoDe.Protocol;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Tokens;

namespace CoDe.Gateway.Callers;

/// <summary>Adds what knows callers and what they may do, where that is configured.</summary>
internal static class CallersSetup
{
    /// <summary>Sends a call on to the scheme that its credentials are of.</summary>
    private const string Either = "KeyOrToken";

    private static readonly string Section = $"{GatewayHost.Section}:{nameof(GatewayOptions.Callers)}";

    /// <exception cref="UnusableFileException">A file cannot be used.</exception>
    public static void AddCallers(this IServiceCollection services, CallerOptions options)
    {
        services.AddSingleton<CallerMetrics>();
        services.AddSingleton<ImageQuotas>();
        if (!options.AreKnown)
        {
            // Endpoints say which role they need; nothing asks for it.
            services.Configure<RouteOptions>(routing => routing.SuppressCheckForUnhandledSecurityMetadata = true);
            services.AddSingleton(new CallerDirectory(null, options.Limits));
            return;
        }

        var authentication = services.AddAuthentication(SchemeOf(options));
        services.RemoveKeyRing();
        var keys = options.KeyFile.Length > 0 ? authentication.AddKeys(options) : null;
        if (options.Jwt.IsSet)
        {
            authentication.AddTokens(options);
        }

        if (keys is not null && options.Jwt.IsSet)
        {
            authentication.AddPolicyScheme(Either, null, either => either.ForwardDefaultSelector = SchemeOf);
        }

        services.AddSingleton(new CallerDirectory(keys, options.Limits));
        services.AddHostedService<FileReloading>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, CallerAuthorization>();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(CallerRoles.Generate, policy => policy.RequireRole(CallerRoles.Generate))
            .AddPolicy(CallerRoles.Jobs, policy => policy.RequireRole(CallerRoles.Generate, CallerRoles.Jobs))
            .AddPolicy(CallerRoles.Operate, policy => policy.RequireRole(CallerRoles.Operate));
    }

    /// <summary>Checks who calls and what they may do. Must come between routing and endpoints.</summary>
    public static void UseCallers(this IApplicationBuilder app, CallerOptions options)
    {
        if (options.AreKnown)
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }
    }

    /// <summary>Requires the role of operators, whose browser may ask for the key as a password.</summary>
    public static void RequireOperatorOrPassword(this IEndpointConventionBuilder endpoints)
        => endpoints.RequireAuthorization(CallerRoles.Operate).WithMetadata(new BasicMetadata());

    /// <summary>Logs where strangers may use the gateway.</summary>
    public static void TellIfOpen(this WebApplication app, CallerOptions options)
    {
        if (!options.AreKnown)
        {
            app.Lifetime.ApplicationStarted.Register(() =>
            {
                if (app.Urls.FirstOrDefault(url => !IsLoopback(new Uri(url))) is { } address)
                {
                    app.Services.GetRequiredService<ILogger<CallerDirectory>>().IsOpen(address);
                }
            });
        }
    }

    /// <summary>
    /// Leaves out what would write a key for cookies into the home folder at the start; there are no cookies.
    /// </summary>
    private static void RemoveKeyRing(this IServiceCollection services)
    {
        var library = typeof(DataProtectionServiceCollectionExtensions).Assembly;
        var hosted = services.Where(each => each.ServiceType == typeof(IHostedService)).ToArray();
        foreach (var service in hosted.Where(each => each.ImplementationType?.Assembly == library))
        {
            services.Remove(service);
        }
    }

    private static bool IsLoopback(Uri address)
        => IPAddress.TryParse(address.DnsSafeHost, out var ip) ? IPAddress.IsLoopback(ip) : address.IsLoopback;

    private static ReloadedFile<CallerKeys> AddKeys(this AuthenticationBuilder authentication, CallerOptions options)
    {
        var file = new ReloadedFile<CallerKeys>(
            $"{Section}:{nameof(options.KeyFile)}", options.KeyFile, text => KeyFile.Parse(text, options.Limits));
        authentication.Services.AddSingleton(file);
        authentication.Services.AddSingleton<IReloadedFile>(file);
        authentication.AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.Name, null);
        return file;
    }

    private static void AddTokens(this AuthenticationBuilder authentication, CallerOptions options)
    {
        ReloadedFile<IReadOnlyList<SecurityKey>>? file = null;
        if (options.Jwt.KeyFile.Length > 0)
        {
            file = new ReloadedFile<IReadOnlyList<SecurityKey>>(
                $"{Section}:{nameof(options.Jwt)}:{nameof(options.Jwt.KeyFile)}", options.Jwt.KeyFile,
                SigningKeys.Parse);
            authentication.Services.AddSingleton<IReloadedFile>(file);
        }

        authentication.AddJwtBearer(
            bearer => TokenAuthentication.Configure(bearer, options.Jwt, options.Limits, file));

        // After the library's own, which makes what asks the provider.
        authentication.Services.PostConfigure<JwtBearerOptions>(
            TokenAuthentication.Name, TokenAuthentication.ForgetFormerKeys);
    }

    private static string SchemeOf(CallerOptions options)
        => !options.Jwt.IsSet ? KeyAuthentication.Name
            : options.KeyFile.Length == 0 ? TokenAuthentication.Name
            : Either;

    /// <summary>A token has three parts with dots between, which no key of ours has.</summary>
    private static string SchemeOf(HttpContext http)
        => KeyAuthentication.BearerOf(http.Request) is { } token && token.Count(each => each == '.') == 2
            ? TokenAuthentication.Name
            : KeyAuthentication.Name;
}
