namespace CoDe.Gateway.Lanes;

/// <summary>Log messages about dispatching: event ids 2200 to 2299.</summary>
internal static partial class LaneLog
{
    [LoggerMessage(
        EventId = 2200, Level = LogLevel.Information, Message = "This gateway dispatches the images of the cluster.")]
    public static partial void Dispatches(this ILogger logger);

    [LoggerMessage(
        EventId = 2201, Level = LogLevel.Warning, Message = "The dispatcher does not answer; trying again: {Reason}")]
    public static partial void DispatcherUnreachable(this ILogger logger, string reason);
}
