namespace CoDe.Flow;

/// <summary>
/// Scales of an image, from coarse to fine (<c>patch_nums</c> in the published code): scale s is a map of Side(s) x
/// Side(s) tokens. Token positions count through the scales in order, row-major inside one. Prefix lengths, masks and
/// guidance are derived from it.
/// </summary>
public sealed class ScaleSchedule : IEquatable<ScaleSchedule>
{
    private readonly int[] _sides;
    private readonly int[] _starts;

    /// <param name="sides">
    /// Side of the token map at each scale: one or more, each at least 1 and no smaller than the one before.
    /// </param>
    /// <exception cref="ArgumentException">The sides are not such a list.</exception>
    public ScaleSchedule(params ReadOnlySpan<int> sides)
    {
        if (sides.IsEmpty)
        {
            throw new ArgumentException("A schedule needs at least one scale.", nameof(sides));
        }

        _sides = sides.ToArray();
        _starts = new int[sides.Length + 1];
        for (var scale = 0; scale < sides.Length; scale++)
        {
            if (sides[scale] < 1 || sides[scale] > 1024 || (scale > 0 && sides[scale] < sides[scale - 1]))
            {
                throw new ArgumentException(
                    $"Scale sides must rise from 1 to at most 1024, not {string.Join(", ", _sides)}.", nameof(sides));
            }

            _starts[scale + 1] = _starts[scale] + sides[scale] * sides[scale];
        }
    }

    /// <summary>The schedule of the published 256 x 256 models: 680 tokens.</summary>
    public static ScaleSchedule Published256 { get; } = new(1, 2, 3, 4, 5, 6, 8, 10, 13, 16);

    /// <summary>The schedule of the published 512 x 512 model: 2,240 tokens.</summary>
    public static ScaleSchedule Published512 { get; } = new(1, 2, 3, 4, 6, 9, 13, 18, 24, 32);

    /// <summary>Number of scales, K in the paper.</summary>
    public int Count => _sides.Length;

    /// <summary>Tokens of all scales together, L in the paper.</summary>
    public int TotalTokens => _starts[^1];

    /// <summary>Side of the last token map, which is also the feature map's.</summary>
    public int FinalSide => _sides[^1];

    public IReadOnlyList<int> Sides => _sides;

    public int Side(int scale) => _sides[scale];

    /// <summary>Tokens of one scale.</summary>
    public int Tokens(int scale) => _sides[scale] * _sides[scale];

    /// <summary>Position of a scale's first token; <c>Start(Count)</c> is <see cref="TotalTokens"/>.</summary>
    public int Start(int scale) => _starts[scale];

    /// <summary>Position after a scale's last token: what its queries may look at.</summary>
    public int End(int scale) => _starts[scale + 1];

    /// <summary>Progress of a scale through the schedule, s / (K - 1): guidance and smoothing grow with it.</summary>
    public double Progress(int scale) => Count == 1 ? 0 : (double)scale / (Count - 1);

    public bool Equals(ScaleSchedule? other) => other is not null && _sides.AsSpan().SequenceEqual(other._sides);

    public override bool Equals(object? obj) => Equals(obj as ScaleSchedule);

    public override int GetHashCode() => HashCode.Combine(Count, TotalTokens);

    public override string ToString() => string.Join(", ", _sides);
}
