namespace CoDe.Gateway.Replicas;

/// <summary>Log messages about replicas: event ids 2000 to 2099.</summary>
internal static partial class ReplicaLog
{
    [LoggerMessage(EventId = 2000, Level = LogLevel.Information, Message = "The {Stage} at {Address} serves: {Models}")]
    public static partial void ReplicaServes(this ILogger logger, string stage, string address, string models);

    [LoggerMessage(
        EventId = 2001, Level = LogLevel.Warning, Message = "The {Stage} at {Address} does not serve: {Reason}")]
    public static partial void ReplicaLost(this ILogger logger, string stage, string address, string reason);

    [LoggerMessage(
        EventId = 2002, Level = LogLevel.Error,
        Message = "The {Stage} at {Address} is not used for {Lanes}: it has {Found}, its lane {Expected}. "
            + "Its images would differ.")]
    public static partial void ReplicaDiffers(
        this ILogger logger, string stage, string address, string lanes, string found, string expected);

    [LoggerMessage(
        EventId = 2003, Level = LogLevel.Error, Message = "Probing the {Stage} replicas failed; it is tried again.")]
    public static partial void ProbeFailed(this ILogger logger, string stage, Exception error);

    [LoggerMessage(
        EventId = 2004, Level = LogLevel.Warning,
        Message = "The {Stage} at {Address} failed a batch of {Images}, which goes to another: {Reason}")]
    public static partial void BatchFailed(
        this ILogger logger, string stage, string address, int images, string reason);
}
