namespace CoDe.Gateway.Http;

/// <summary>Log messages about HTTP: event ids 2100 to 2199.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(EventId = 2100, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception error);
}
