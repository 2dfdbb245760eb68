using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Gateway.Callers;

/// <summary>Usage by the names of callers.</summary>
internal sealed class CallerMetrics
{
    /// <summary>Callers with a token that have a name of their own: whoever signs tokens may name any number.</summary>
    private const int MostTokens = 200;

    private const string OtherTokens = CallerIdentity.TokenPrefix + "others";

    private readonly ConcurrentDictionary<string, bool> _tokens = [];
    private readonly Counter<long> _images;
    private readonly Counter<long> _refusals;

    public CallerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterNames.Gateway);
        _images = meter.CreateCounter<long>(
            InstrumentNames.CallerImages, "{image}", "Images of requests that were accepted, by caller.");
        _refusals = meter.CreateCounter<long>(
            InstrumentNames.CallerRefusals, "{call}", "Calls that were refused, by caller and reason.");
    }

    public void Accepted(string caller, int images) => _images.Add(images, TagOf(caller));

    /// <param name="caller">Empty for one that did not say who it is.</param>
    public void Refused(string caller, string reason)
        => _refusals.Add(1, TagOf(caller), KeyValuePair.Create(TagNames.Reason, (object?)reason));

    private KeyValuePair<string, object?> TagOf(string caller) => new(TagNames.Caller, Bounded(caller));

    private string Bounded(string caller)
    {
        if (!caller.StartsWith(CallerIdentity.TokenPrefix, StringComparison.Ordinal) || _tokens.ContainsKey(caller))
        {
            return caller;
        }

        return _tokens.Count < MostTokens && _tokens.TryAdd(caller, true) ? caller : OtherTokens;
    }
}
