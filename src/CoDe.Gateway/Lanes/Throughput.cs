namespace CoDe.Gateway.Lanes;

/// <summary>
/// Moving average of the rate at which images leave the pipeline; predicts the time of waiting images.
/// </summary>
internal sealed class Throughput(TimeProvider time)
{
    /// <summary>Weight of the last batch.</summary>
    private const double Newest = 0.2;

    private readonly Lock _lock = new();
    private double _secondsPerImage;
    private long _lastDone;

    /// <param name="started">Timestamp at which the batch left the queue.</param>
    /// <param name="counts">
    /// Whether the batch counts. One that a replica failed says how long the outage was, and only moves the time from
    /// which the next counts.
    /// </param>
    public void Record(long started, int images, bool counts = true)
    {
        lock (_lock)
        {
            if (!counts)
            {
                _lastDone = time.GetTimestamp();
                return;
            }

            // Batches overlap: one counts from when the one before it was done.
            var now = time.GetTimestamp();
            var seconds = time.GetElapsedTime(Math.Max(started, _lastDone), now).TotalSeconds / images;
            _secondsPerImage = _secondsPerImage == 0 ? seconds : (_secondsPerImage * (1 - Newest)) + (seconds * Newest);
            _lastDone = now;
        }
    }

    /// <summary>Predicts the time for this many images; zero before the first is done.</summary>
    public TimeSpan TimeFor(int images)
    {
        lock (_lock)
        {
            return TimeSpan.FromSeconds(_secondsPerImage * images);
        }
    }
}
