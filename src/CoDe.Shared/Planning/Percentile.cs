namespace CoDe.Planning;

/// <summary>Percentiles by nearest rank.</summary>
public static class Percentile
{
    /// <summary>Gets the smallest value that at least a share of all is not above.</summary>
    /// <param name="ascending">At least one value.</param>
    public static double Of(IReadOnlyList<double> ascending, double share)
        => ascending[Math.Max(0, (int)Math.Ceiling(share * ascending.Count) - 1)];
}
