namespace CoDe.Flow;

/// <summary>Masks of edits.</summary>
public static class EditMask
{
    /// <summary>Brightness from which a mask's pixel keeps.</summary>
    private const int Bright = 128;

    /// <summary>Reduces a picture of a mask to the feature map's side: 1 where it is bright.</summary>
    /// <param name="mask">Square.</param>
    public static float[] Of(Image mask, int featureSide)
    {
        var keep = mask.Rgb.Chunk(3).Select(pixel => pixel.Average(value => value) >= Bright ? 1f : 0f);
        return Reduce([.. keep], mask.Width, featureSide);
    }

    /// <summary>
    /// Reduces a mask of pixels to the feature map's side by nearest neighbour: cell i takes pixel floor(i * side /
    /// featureSide).
    /// </summary>
    /// <param name="mask">(side, side); 1 keeps.</param>
    public static float[] Reduce(ReadOnlySpan<float> mask, int side, int featureSide)
    {
        if (mask.Length != side * side)
        {
            throw new InvalidSettingException(
                "mask", FormattableString.Invariant($"{mask.Length} pixels"),
                FormattableString.Invariant($"{side} x {side}"));
        }

        var reduced = new float[featureSide * featureSide];
        for (var cell = 0; cell < reduced.Length; cell++)
        {
            var (down, across) = (cell / featureSide * side / featureSide, cell % featureSide * side / featureSide);
            reduced[cell] = mask[(down * side) + across];
        }

        return reduced;
    }
}
