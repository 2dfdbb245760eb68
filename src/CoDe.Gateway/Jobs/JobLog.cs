using CoDe.Protocol.V1;

namespace CoDe.Gateway.Jobs;

/// <summary>Log messages about jobs: event ids 2300 to 2399.</summary>
internal static partial class JobLog
{
    [LoggerMessage(
        EventId = 2300, Level = LogLevel.Information, Message = "Job {Id} of {Images} images is accepted.")]
    public static partial void Accepted(this ILogger logger, string id, int images);

    [LoggerMessage(EventId = 2301, Level = LogLevel.Information, Message = "Job {Id} of {Images} images goes on.")]
    public static partial void Resumes(this ILogger logger, string id, int images);

    [LoggerMessage(EventId = 2302, Level = LogLevel.Information, Message = "Job {Id} ended: {State}.")]
    public static partial void Finished(this ILogger logger, string id, JobState state);

    [LoggerMessage(EventId = 2303, Level = LogLevel.Warning, Message = "Job {Id} waits: {Reason}")]
    public static partial void Waits(this ILogger logger, string id, string reason);

    [LoggerMessage(
        EventId = 2304, Level = LogLevel.Warning, Message = "Progress of job {Id} cannot be recorded now: {Reason}")]
    public static partial void NotRecorded(this ILogger logger, string id, string reason);

    [LoggerMessage(
        EventId = 2305, Level = LogLevel.Warning, Message = "Unfinished jobs cannot be looked up now: {Reason}")]
    public static partial void NotLookedUp(this ILogger logger, string reason);

    [LoggerMessage(EventId = 2306, Level = LogLevel.Warning, Message = "A job cannot be used now: {Reason}")]
    public static partial void StorageAway(this ILogger logger, string reason);
}
