using System.Security.Claims;
using CoDe.Protocol;

namespace CoDe.Gateway.Callers;

/// <summary>A caller that said who it is: by a key, or by a token.</summary>
internal sealed class CallerIdentity : ClaimsIdentity
{
    /// <summary>Beginning of the names of callers with a token, which no name of a key has.</summary>
    public const string TokenPrefix = "jwt~";

    private const string NameClaim = "name";
    private const string RoleClaim = "role";

    /// <param name="scheme">How the caller is known.</param>
    public CallerIdentity(string scheme, string name, IEnumerable<string> roles, CallerLimits limits)
        : base([new Claim(NameClaim, name), .. roles.Select(role => new Claim(RoleClaim, role))], scheme,
            NameClaim, RoleClaim)
        => (CallerName, Limits) = (name, limits);

    public string CallerName { get; }

    public CallerLimits Limits { get; }

    public bool SeesAllJobs => HasClaim(RoleClaim, CallerRoles.Jobs);

    public string Roles => string.Join(", ", FindAll(RoleClaim).Select(claim => claim.Value));

    public ClaimsPrincipal ToPrincipal() => new(this);

    /// <summary>Gets the caller of a request; null where callers are not told apart.</summary>
    public static CallerIdentity? Of(HttpContext http) => http.User.Identity as CallerIdentity;
}
