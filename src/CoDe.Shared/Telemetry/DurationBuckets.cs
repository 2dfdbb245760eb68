using System.Diagnostics.Metrics;

namespace CoDe.Telemetry;

/// <summary>
/// Bucket boundaries of histograms, which one process cannot change without breaking sums over replicas.
/// </summary>
public static class DurationBuckets
{
    /// <summary>Seconds, from a scale of a small model on a GPU to a batch of a large one on a CPU.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries =
            [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };

    /// <summary>Images of a batch.</summary>
    public static InstrumentAdvice<int> Images { get; } = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256],
    };
}
