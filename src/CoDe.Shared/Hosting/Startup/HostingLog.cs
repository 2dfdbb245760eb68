using Microsoft.Extensions.Logging;

namespace CoDe.Hosting.Startup;

/// <summary>Log messages about the start of a service: event ids 1000 to 1099.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 1000, Level = LogLevel.Information, Message = "{Name} is loading, not ready yet: {Address}")]
    public static partial void Loading(this ILogger logger, string name, string address);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "{Name} listens on {Address}")]
    public static partial void Listening(this ILogger logger, string name, string address);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Information, Message = "{Name} serves HTTP on {Address}")]
    public static partial void ServingHttp(this ILogger logger, string name, string address);

    [LoggerMessage(
        EventId = 1003, Level = LogLevel.Warning,
        Message = "The HTTP port {Port} of the {Name} is taken by another process, and any free one is used; HttpPort "
            + "sets one.")]
    public static partial void HttpPortTaken(this ILogger logger, string name, int port);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Error, Message = "{Method} failed.")]
    public static partial void CallFailed(this ILogger logger, string method, Exception error);
}
