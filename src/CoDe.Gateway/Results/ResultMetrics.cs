using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Gateway.Results;

/// <summary>Measures of the result cache.</summary>
internal sealed class ResultMetrics(IMeterFactory meters)
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    private readonly Counter<long> _images = meters.Create(MeterNames.Gateway).CreateCounter<long>(
        InstrumentNames.CachedImages, "{image}", "Images that were looked up in the result cache, by outcome.");

    /// <param name="outcome">A name of <see cref="OutcomeNames"/>.</param>
    public void Count(string outcome)
    {
        _counts.AddOrUpdate(outcome, 1, (_, count) => count + 1);
        _images.Add(1, KeyValuePair.Create(TagNames.Outcome, (object?)outcome));
    }

    /// <summary>Number of images with an outcome since the start.</summary>
    public long CountOf(string outcome) => _counts.GetValueOrDefault(outcome);
}
