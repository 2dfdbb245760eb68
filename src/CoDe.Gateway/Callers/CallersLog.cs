namespace CoDe.Gateway.Callers;

/// <summary>Log messages about callers: event ids 2600 to 2699.</summary>
internal static partial class CallersLog
{
    [LoggerMessage(
        EventId = 2600, Level = LogLevel.Warning,
        Message = "Whoever reaches {Address} may use this gateway: neither Gateway:Callers:KeyFile nor "
            + "Gateway:Callers:Jwt is set.")]
    public static partial void IsOpen(this ILogger logger, string address);

    [LoggerMessage(
        EventId = 2601, Level = LogLevel.Information, Message = "{Path} has changed and counts from now on.")]
    public static partial void Reloaded(this ILogger logger, string path);

    [LoggerMessage(
        EventId = 2602, Level = LogLevel.Error,
        Message = "A changed file cannot be used, and what it had before stays: {Problem}")]
    public static partial void NotReloaded(this ILogger logger, string problem);

    [LoggerMessage(
        EventId = 2603, Level = LogLevel.Warning, Message = "The quota of {Caller} cannot be asked for: {Reason}")]
    public static partial void QuotaUnreachable(this ILogger logger, string caller, string reason);
}
