using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Gateway.Results;

/// <summary>Measures of the result cache.</summary>
internal sealed class ResultMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _images = meters.Create(MeterNames.Gateway).CreateCounter<long>(
        InstrumentNames.CachedImages, "{image}", "Images that were looked up in the result cache, by outcome.");

    /// <param name="outcome">A name of <see cref="OutcomeNames"/>.</param>
    public void Count(string outcome) => _images.Add(1, KeyValuePair.Create(TagNames.Outcome, (object?)outcome));
}
