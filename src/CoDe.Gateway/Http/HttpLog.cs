namespace CoDe.Gateway.Http;

/// <summary>Log messages about HTTP: event ids 2100 to 2199.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(EventId = 2100, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception error);

    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "gateway serves HTTP on {Address}")]
    public static partial void ServesHttp(this ILogger logger, string address);
}
