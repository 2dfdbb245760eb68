namespace CoDe.Gateway.Lanes;

/// <summary>
/// Measures how far the two stages work at the same time, as the gateway sees it: a stage is busy while it has a batch
/// of this gateway. Looks back over 30 to 60 seconds.
/// </summary>
internal sealed class StageOverlap(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private int _drafting;
    private int _refining;
    private BusyTime _current;
    private BusyTime _last;
    private long _windowStart = time.GetTimestamp();
    private long _counted = time.GetTimestamp();

    /// <summary>
    /// Busy time of both stages, divided by the time in which either was busy; null where neither was.
    /// </summary>
    public double? Efficiency
    {
        get
        {
            lock (_lock)
            {
                Advance();
                var either = _last.Either + _current.Either;
                return either > 0 ? (_last.Both + _current.Both) / either : null;
            }
        }
    }

    public void BeginDraft() => Change(1, 0);

    public void EndDraft() => Change(-1, 0);

    public void BeginRefine() => Change(0, 1);

    public void EndRefine() => Change(0, -1);

    private void Change(int drafting, int refining)
    {
        lock (_lock)
        {
            Advance();
            _drafting += drafting;
            _refining += refining;
        }
    }

    /// <summary>Counts the time since the last change. Requires the lock.</summary>
    private void Advance()
    {
        var now = time.GetTimestamp();
        var busy = (_drafting > 0 ? 1 : 0) + (_refining > 0 ? 1 : 0);
        if (busy > 0)
        {
            var elapsed = time.GetElapsedTime(_counted, now).TotalSeconds;
            _current = new BusyTime(_current.Both + (busy * elapsed), _current.Either + elapsed);
        }

        _counted = now;
        var age = time.GetElapsedTime(_windowStart, now);
        if (age >= Window)
        {
            _last = age < 2 * Window || busy > 0 ? _current : default;
            _current = default;
            _windowStart = now;
        }
    }

    /// <param name="Both">Seconds of both stages together.</param>
    /// <param name="Either">Seconds in which at least one was busy.</param>
    private readonly record struct BusyTime(double Both, double Either);
}
