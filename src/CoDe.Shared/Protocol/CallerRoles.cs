namespace CoDe.Protocol;

/// <summary>Roles of the callers of a gateway.</summary>
public static class CallerRoles
{
    /// <summary>Images, and jobs of one's own.</summary>
    public const string Generate = "generate";

    /// <summary>Jobs of others.</summary>
    public const string Jobs = "jobs";

    /// <summary>Metrics, the timeline and the dashboard.</summary>
    public const string Operate = "operate";

    public static IReadOnlyList<string> All { get; } = [Generate, Jobs, Operate];
}
