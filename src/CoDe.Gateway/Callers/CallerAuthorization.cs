using CoDe.Flow;
using CoDe.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Authorization.Policy;

namespace CoDe.Gateway.Callers;

/// <summary>Refuses calls by exceptions, which each face answers as it answers others.</summary>
internal sealed class CallerAuthorization(CallerMetrics metrics) : IAuthorizationMiddlewareResultHandler
{
    private const string Realm = "realm=\"CoDe\"";

    /// <exception cref="UnauthenticatedException">Nobody knows who calls.</exception>
    /// <exception cref="NotAllowedException">The caller has not the role.</exception>
    /// <exception cref="NotReadyException">The credentials cannot be checked now.</exception>
    public Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult)
        => authorizeResult.Succeeded ? next(context) : RefuseAsync(context, policy);

    private async Task RefuseAsync(HttpContext context, AuthorizationPolicy policy)
    {
        if (CallerIdentity.Of(context) is not { } caller)
        {
            // The result is kept, so nothing is checked again.
            var failure = (await context.AuthenticateAsync()).Failure;
            if (failure is NotReadyException)
            {
                throw new NotReadyException(failure.Message);
            }

            metrics.Refused("", ReasonNames.Credentials);
            throw Unauthenticated(context, failure);
        }

        metrics.Refused(caller.CallerName, ReasonNames.Role);
        var wanted = policy.Requirements.OfType<RolesAuthorizationRequirement>().SelectMany(each => each.AllowedRoles);
        throw new NotAllowedException(
            $"{caller.CallerName} has the roles: {caller.Roles}; needed: {string.Join(" or ", wanted)}.");
    }

    private static UnauthenticatedException Unauthenticated(HttpContext http, Exception? failure)
    {
        // Offered elsewhere, browsers would ask for a password in place of the page.
        http.Response.Headers.WWWAuthenticate =
            KeyAuthentication.TakesBasic(http) ? new([$"Basic {Realm}", $"Bearer {Realm}"]) : new($"Bearer {Realm}");
        return new UnauthenticatedException(
            failure?.Message ?? "No credentials; allowed: authorization: Bearer KEY, or x-api-key: KEY.");
    }
}
