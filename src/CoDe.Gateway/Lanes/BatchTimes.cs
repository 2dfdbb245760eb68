using System.Collections.Concurrent;

namespace CoDe.Gateway.Lanes;

/// <summary>Durations of stage calls, from which the deadline of the next is derived.</summary>
internal sealed class BatchTimes
{
    /// <summary>Weight of the last call.</summary>
    private const double Newest = 0.2;

    /// <summary>
    /// Times the expected duration that a call may take: a batch waits for the one before it, and devices slow down.
    /// </summary>
    private const double Allowance = 8;

    private static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

    /// <summary>Deadline while nothing is known: a batch of a large model on a slow CPU takes minutes.</summary>
    private static readonly TimeSpan Unknown = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Stage, BatchKey Lane), Average> _averages = [];

    public void Record(string stage, BatchKey lane, int images, TimeSpan duration)
    {
        var call = new Average(duration.TotalSeconds, duration.TotalSeconds / images);
        _averages.AddOrUpdate((stage, lane), call, (_, average) => average.Mix(call, Newest));
    }

    /// <summary>Time after which a call for so many images counts as hung.</summary>
    public TimeSpan DeadlineFor(string stage, BatchKey lane, int images)
        => _averages.TryGetValue((stage, lane), out var average)
            ? Least + TimeSpan.FromSeconds(Allowance * Math.Max(average.OfCall, average.OfImage * images))
            : Unknown;

    /// <param name="OfCall">Seconds.</param>
    /// <param name="OfImage">Seconds.</param>
    private readonly record struct Average(double OfCall, double OfImage)
    {
        public Average Mix(Average last, double share)
            => new(OfCall + (share * (last.OfCall - OfCall)), OfImage + (share * (last.OfImage - OfImage)));
    }
}
