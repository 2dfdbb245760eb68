namespace CoDe.Gateway.Admission;

/// <summary>More is asked for than can be done now.</summary>
internal sealed class OverloadedException(string reason) : Exception($"{reason}; try again later.")
{
    /// <summary>When it is worth to try again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}
