using System.ComponentModel;

namespace CoDe.Gateway.Callers;

/// <summary>Settings of the callers of the gateway: how they are known and what each may ask for.</summary>
public sealed class CallerOptions
{
    private const int MostImages = 100_000_000;

    [Description("File of keys, a caller a line (docs/security.md); with it or a Jwt every call needs credentials.")]
    public string KeyFile { get; set; } = "";

    [Description("Tokens of an identity provider.")]
    public JwtOptions Jwt { get; } = new();

    [Description("The most images a minute of a caller, unless its line of KeyFile says otherwise; 0 for any number.")]
    public int ImagesPerMinute { get; set; }

    [Description("The most images of a caller that wait, likewise; those of its jobs are not counted.")]
    public int ImagesQueued { get; set; }

    [Description("The most jobs of a caller that run, likewise.")]
    public int JobsRunning { get; set; }

    /// <summary>Gets whether callers have to say who they are.</summary>
    public bool AreKnown => KeyFile.Length > 0 || Jwt.IsSet;

    internal CallerLimits Limits => new(ImagesPerMinute, ImagesQueued, JobsRunning);

    /// <summary>Finds every invalid setting: its key, its value and what is allowed.</summary>
    public IEnumerable<string> Problems(string section)
    {
        (string Field, int Value)[] limits =
        [
            (nameof(ImagesPerMinute), ImagesPerMinute), (nameof(ImagesQueued), ImagesQueued),
            (nameof(JobsRunning), JobsRunning),
        ];
        foreach (var (field, value) in limits.Where(limit => limit.Value is < 0 or > MostImages))
        {
            yield return $"{section}:{field} is {value}; allowed: 0 to {MostImages}";
        }

        foreach (var (field, value) in limits.Where(limit => limit.Value > 0 && !AreKnown))
        {
            yield return $"{section}:{field} is {value}, but without {section}:KeyFile or {section}:Jwt no caller is "
                + "known";
        }

        foreach (var problem in Jwt.Problems($"{section}:{nameof(Jwt)}"))
        {
            yield return problem;
        }
    }
}

/// <summary>Settings of the tokens (JWT) that callers may send.</summary>
public sealed class JwtOptions
{
    [Description("Identity provider that signs the tokens, as https://name/path; its metadata has the keys.")]
    public string Authority { get; set; } = "";

    [Description("Public keys by which tokens are checked instead, without a provider: a file in PEM or a JWK set.")]
    public string KeyFile { get; set; } = "";

    [Description("The aud that a token must have.")]
    public string Audience { get; set; } = "";

    [Description("The iss that a token must have; empty for that of Authority, or with KeyFile for any.")]
    public string Issuer { get; set; } = "";

    [Description("Claim that has the roles of a caller: generate, jobs, operate; others are ignored.")]
    public string RolesClaim { get; set; } = "roles";

    public bool IsSet => Authority.Length > 0 || KeyFile.Length > 0;

    /// <summary>Finds every invalid setting: its key, its value and what is allowed.</summary>
    public IEnumerable<string> Problems(string section)
    {
        if (Authority.Length > 0 && !IsTrustworthy(Authority))
        {
            yield return $"{section}:Authority is {Authority}; allowed: https://name/path, or http:// of this machine";
        }

        if (Authority.Length > 0 && KeyFile.Length > 0)
        {
            yield return $"{section}:Authority and {section}:KeyFile are both given; allowed: one of them";
        }

        if (IsSet && Audience.Length == 0)
        {
            yield return $"{section}:Audience is missing; without it tokens for other services would count";
        }

        if (IsSet && RolesClaim.Length == 0)
        {
            yield return $"{section}:RolesClaim is empty; allowed: the name of a claim, such as roles";
        }

        if (!IsSet && (Audience.Length > 0 || Issuer.Length > 0))
        {
            yield return $"{section}:Audience and {section}:Issuer need {section}:Authority or {section}:KeyFile";
        }
    }

    /// <summary>Keys that come over a network without TLS could be anyone's.</summary>
    private static bool IsTrustworthy(string address)
        => Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
