namespace CoDe.Gateway.Jobs;

/// <summary>A set of numbers as ranges, which is small while the numbers come nearly in order.</summary>
internal sealed class NumberSet
{
    private readonly List<(int First, int Last)> _ranges = [];

    public NumberSet()
    {
    }

    /// <param name="ranges">The first and the last number of each range, in turns and ascending.</param>
    public NumberSet(IReadOnlyList<int> ranges)
    {
        for (var i = 0; i + 1 < ranges.Count; i += 2)
        {
            _ranges.Add((ranges[i], ranges[i + 1]));
            Count += ranges[i + 1] - ranges[i] + 1;
        }
    }

    public int Count { get; private set; }

    /// <summary>Gets the numbers from 0 on without a gap: the first that is missing.</summary>
    public int Leading => _ranges.Count > 0 && _ranges[0].First == 0 ? _ranges[0].Last + 1 : 0;

    /// <summary>Adds a number; one that is there has no effect.</summary>
    public void Add(int number)
    {
        var next = _ranges.FindLastIndex(range => range.First <= number) + 1;
        var touchesLeft = next > 0 && _ranges[next - 1].Last >= number - 1;
        if (touchesLeft && _ranges[next - 1].Last >= number)
        {
            return;
        }

        var touchesRight = next < _ranges.Count && _ranges[next].First == number + 1;
        var range = (
            First: touchesLeft ? _ranges[next - 1].First : number,
            Last: touchesRight ? _ranges[next].Last : number);
        var start = touchesLeft ? next - 1 : next;
        _ranges.RemoveRange(start, (touchesLeft ? 1 : 0) + (touchesRight ? 1 : 0));
        _ranges.Insert(start, range);
        Count++;
    }

    /// <summary>Lists the numbers from a first one on, ascending.</summary>
    public IEnumerable<int> From(int first)
        => _ranges.Where(range => range.Last >= first).SelectMany(range =>
        {
            var start = Math.Max(first, range.First);
            return Enumerable.Range(start, range.Last - start + 1);
        });

    /// <summary>Lists the numbers below a limit that are not in the set, ascending.</summary>
    public IEnumerable<int> Missing(int limit)
    {
        var next = 0;
        foreach (var (first, last) in _ranges)
        {
            for (; next < Math.Min(first, limit); next++)
            {
                yield return next;
            }

            next = last + 1;
        }

        for (; next < limit; next++)
        {
            yield return next;
        }
    }

    /// <summary>Gets the first and the last number of each range, in turns.</summary>
    public int[] ToRanges() => [.. _ranges.SelectMany(range => new[] { range.First, range.Last })];
}
