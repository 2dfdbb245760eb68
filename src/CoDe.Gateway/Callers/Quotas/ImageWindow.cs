namespace CoDe.Gateway.Callers.Quotas;

/// <summary>
/// Counts images over the last minute, by the second. Unlike the framework's limiters it takes back what was not used.
/// </summary>
internal sealed class ImageWindow(TimeProvider time)
{
    /// <summary>A second more than a minute: an image counts for a whole minute after it was taken.</summary>
    private const int Seconds = 61;

    private readonly int[] _images = new int[Seconds];
    private readonly long _start = time.GetTimestamp();
    private long _second;
    private int _total;

    /// <summary>
    /// Takes images of a limit: all that are needed or none, and of those wanted besides what is left.
    /// </summary>
    /// <returns>The images that are taken; 0 where what is needed is not left.</returns>
    public int Take(int needed, int besides, int limit)
    {
        Advance();
        var left = limit - _total;
        if (left < needed)
        {
            return 0;
        }

        var taken = needed + Math.Min(besides, left - needed);
        _images[_second % Seconds] += taken;
        _total += taken;
        return taken;
    }

    /// <summary>Takes images back that were not used, those first that were taken last.</summary>
    public void GiveBack(int images)
    {
        Advance();
        for (var second = _second; second > _second - Seconds && images > 0 && second >= 0; second--)
        {
            ref var taken = ref _images[second % Seconds];
            var back = Math.Min(images, taken);
            taken -= back;
            images -= back;
            _total -= back;
        }
    }

    /// <summary>Time until so many images are left of a limit.</summary>
    public TimeSpan WaitFor(int needed, int limit)
    {
        Advance();
        var left = limit - _total;
        var second = _second - Seconds + 1;
        for (; left < needed && second <= _second; second++)
        {
            left += second >= 0 ? _images[second % Seconds] : 0;
        }

        // The images of a second leave once a whole window has passed since.
        return TimeSpan.FromSeconds(Math.Max(0, second - 1 + Seconds)) - time.GetElapsedTime(_start);
    }

    private void Advance()
    {
        var now = (long)time.GetElapsedTime(_start).TotalSeconds;
        if (now - _second >= Seconds)
        {
            Array.Clear(_images);
            (_total, _second) = (0, now);
        }

        while (_second < now)
        {
            _second++;
            ref var left = ref _images[_second % Seconds];
            _total -= left;
            left = 0;
        }
    }
}
