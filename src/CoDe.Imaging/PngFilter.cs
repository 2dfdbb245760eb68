namespace CoDe.Imaging;

/// <summary>The five row filters of PNG (specification, section 9): each predicts a byte from those left, above and above left.</summary>
internal static class PngFilter
{
    public const int Count = 5;

    /// <summary>Filtered bytes of a row.</summary>
    /// <param name="above">The row before, zeros for the first.</param>
    /// <param name="step">Bytes from a pixel to the next.</param>
    public static void Apply(int filter, Span<byte> filtered, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < row.Length; i++)
        {
            filtered[i] = (byte)(row[i] - Predict(filter, row, above, i, step));
        }
    }

    /// <summary>Turns filtered bytes back into the row, in place.</summary>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        for (var i = 0; i < row.Length && filter != 0; i++)
        {
            row[i] += Predict(filter, row, above, i, step);
        }
    }

    private static byte Predict(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int i, int step)
    {
        var left = i >= step ? row[i - step] : (byte)0;
        return filter switch
        {
            0 => 0,
            1 => left,
            2 => above[i],
            3 => (byte)((left + above[i]) / 2),
            _ => Paeth(left, above[i], i >= step ? above[i - step] : (byte)0),
        };
    }

    private static byte Paeth(byte left, byte above, byte corner)
    {
        var estimate = left + above - corner;
        var (toLeft, toAbove, toCorner) = (Math.Abs(estimate - left), Math.Abs(estimate - above), Math.Abs(estimate - corner));
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }
}
