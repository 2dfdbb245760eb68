namespace CoDe.Gateway.Redis;

/// <summary>Log messages about Redis: event ids 2400 to 2499.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(
        EventId = 2400, Level = LogLevel.Warning,
        Message = "The result cache goes on without Redis for {Seconds} s: {Reason}")]
    public static partial void ResultsLeftOut(this ILogger logger, double seconds, string reason);
}
