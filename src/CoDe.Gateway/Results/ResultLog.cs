namespace CoDe.Gateway.Results;

/// <summary>Log messages about the result cache: event ids 2500 to 2599.</summary>
internal static partial class ResultLog
{
    [LoggerMessage(EventId = 2500, Level = LogLevel.Warning, Message = "An image cannot be kept on disk: {Reason}")]
    public static partial void NotKept(this ILogger logger, string reason);
}
