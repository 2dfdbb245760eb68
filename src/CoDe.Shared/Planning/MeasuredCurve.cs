namespace CoDe.Planning;

/// <summary>A quantity by the size of a batch, between sizes that were measured.</summary>
/// <param name="points">At least one, by ascending size.</param>
public sealed class MeasuredCurve(IReadOnlyList<(int Batch, double Value)> points)
{
    public IEnumerable<int> Batches => points.Select(point => point.Batch);

    /// <summary>Makes a curve of measurements, with the median of those of a size; null of none.</summary>
    public static MeasuredCurve? Of(IEnumerable<(int Batch, double Value)> measured)
    {
        (int, double)[] points =
        [
            .. measured.GroupBy(each => each.Batch, each => each.Value).OrderBy(group => group.Key)
                .Select(group => (group.Key, Percentile.Of([.. group.Order()], 0.5))),
        ];
        return points.Length > 0 ? new MeasuredCurve(points) : null;
    }

    /// <summary>Interpolates. Outside of what was measured the nearest size counts.</summary>
    public double At(int batch)
    {
        var next = 0;
        while (next < points.Count && points[next].Batch < batch)
        {
            next++;
        }

        if (next == 0 || next == points.Count)
        {
            return points[Math.Min(next, points.Count - 1)].Value;
        }

        var (low, high) = (points[next - 1], points[next]);
        var share = (double)(batch - low.Batch) / (high.Batch - low.Batch);
        return low.Value + (share * (high.Value - low.Value));
    }
}
