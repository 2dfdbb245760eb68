namespace CoDe.Gateway.Callers;

/// <summary>Limits of a caller; 0 is no limit.</summary>
/// <param name="ImagesPerMinute">Images in any minute, those of jobs included.</param>
/// <param name="ImagesQueued">Images of requests that wait.</param>
/// <param name="JobsRunning">Jobs that run.</param>
internal readonly record struct CallerLimits(int ImagesPerMinute, int ImagesQueued, int JobsRunning);
