namespace CoDe.Gateway.Callers;

/// <summary>Limits of callers by name, for work that goes on without them.</summary>
/// <param name="keys">Null where no keys are configured.</param>
/// <param name="defaults">Limits of callers that have none of their own.</param>
internal sealed class CallerDirectory(ReloadedFile<CallerKeys>? keys, CallerLimits defaults)
{
    public CallerLimits LimitsOf(string name) => keys?.Current.LimitsOf(name) ?? defaults;
}
