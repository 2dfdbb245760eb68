namespace CoDe.Engine.Weights;

/// <summary>Arithmetic on sizes that a file claims, which may be anything.</summary>
internal static class TensorShape
{
    private const int MostDimensions = 16;

    /// <summary>Number of elements, or null where the sizes are no shape that fits a file.</summary>
    public static long? Count(IReadOnlyList<long> sizes)
    {
        if (sizes.Count > MostDimensions || sizes.Any(size => size is < 0 or > int.MaxValue))
        {
            return null;
        }

        if (sizes.Contains(0))
        {
            return 0;
        }

        Int128 count = 1;
        foreach (var size in sizes)
        {
            count *= size;
            if (count > long.MaxValue / 16)
            {
                return null;
            }
        }

        return (long)count;
    }
}
