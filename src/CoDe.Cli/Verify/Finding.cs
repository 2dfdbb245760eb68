namespace CoDe.Cli.Verify;

/// <summary>One comparison with a golden tensor.</summary>
/// <param name="Case">The golden case, or the file.</param>
/// <param name="What">The tensor compared.</param>
/// <param name="Agrees">Whether it is within its tolerance.</param>
/// <param name="Measured">Measured difference and its limit.</param>
internal sealed record Finding(string Case, string What, bool Agrees, string Measured)
{
    /// <summary>Feature maps and pixels: the largest absolute difference.</summary>
    public const double LargestDifference = 1e-3;

    /// <summary>Logits: the L2 norm of the difference over that of the golden.</summary>
    public const double LargestRelativeError = 2e-5;

    public static Finding Tokens(string name, string what, IReadOnlyList<int> expected, IReadOnlyList<int> found)
    {
        var equal = expected.Zip(found).Count(pair => pair.First == pair.Second);
        var agrees = equal == expected.Count && expected.Count == found.Count;
        return new Finding(name, what, agrees, FormattableString.Invariant($"{equal} of {expected.Count} equal"));
    }

    public static Finding Values(string name, string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
        => Difference(name, what, LargestOf(expected, found), LargestDifference, "");

    /// <summary>Compares pixels in [-1, 1], and says their peak signal-to-noise ratio too.</summary>
    public static Finding Pixels(string name, string what, ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
        => Difference(
            name, what, LargestOf(expected, found), LargestDifference,
            FormattableString.Invariant($"; {DecibelsOf(expected, found):0.0} dB"));

    public static Finding Difference(string name, string what, double difference, double limit, string remark)
    {
        var measured = FormattableString.Invariant($"differs by {difference:0.0e+00} of {limit:0.0e+00}{remark}");
        return new Finding(name, what, difference <= limit, measured);
    }

    public static Finding Logits(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        var (error, norm) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            error += Square(expected[i] - (double)found[i]);
            norm += Square(expected[i]);
        }

        var relative = expected.Length == found.Length ? Math.Sqrt(error / norm) : double.NaN;
        return new Finding(
            name, "logits", relative <= LargestRelativeError,
            FormattableString.Invariant($"relative error {relative:0.0e+00} of {LargestRelativeError:0.0e+00}"));
    }

    /// <summary>Peak signal-to-noise ratio of values with a range of 2.</summary>
    private static double DecibelsOf(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        const double Peak = 2;
        var squares = 0.0;
        for (var i = 0; i < Math.Min(expected.Length, found.Length); i++)
        {
            squares += Square(expected[i] - (double)found[i]);
        }

        return 10 * Math.Log10(Square(Peak) * expected.Length / squares);
    }

    /// <summary>
    /// Computes the largest absolute difference, or NaN, which exceeds every limit, where lengths differ or a value is
    /// NaN.
    /// </summary>
    public static double LargestOf(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        if (expected.Length != found.Length)
        {
            return double.NaN;
        }

        var largest = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i] - (double)found[i]));
        }

        return largest;
    }

    private static double Square(double value) => value * value;
}
