namespace CoDe.Gateway.Lanes;

/// <summary>
/// Rate at which images leave the pipeline, over the last batches; predicts the time of waiting images. The slowest of
/// them does not count: after one pause, what would be in time would be refused, and no batch would correct the rate.
/// </summary>
internal sealed class Throughput(TimeProvider time)
{
    /// <summary>Batches that count; a lasting change shows after the second.</summary>
    private const int Window = 8;

    /// <summary>Batches from which on the slowest is left out.</summary>
    private const int Enough = 3;

    private readonly Lock _lock = new();
    private readonly Queue<Batch> _batches = new(Window);
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
            // Batches overlap: one counts from when the one before it was done.
            var now = time.GetTimestamp();
            var seconds = time.GetElapsedTime(Math.Max(started, _lastDone), now).TotalSeconds;
            _lastDone = now;
            if (!counts)
            {
                return;
            }

            if (_batches.Count == Window)
            {
                _batches.Dequeue();
            }

            _batches.Enqueue(new Batch(seconds, images));
            _secondsPerImage = Average();
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

    private double Average()
    {
        var without = _batches.Count >= Enough ? _batches.MaxBy(batch => batch.SecondsPerImage) : default;
        return (_batches.Sum(batch => batch.Seconds) - without.Seconds)
            / (_batches.Sum(batch => batch.Images) - without.Images);
    }

    private readonly record struct Batch(double Seconds, int Images)
    {
        public double SecondsPerImage => Seconds / Images;
    }
}
