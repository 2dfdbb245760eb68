namespace CoDe.Flow;

/// <summary>Request of one image. With the same models it gives the same bits in any batch.</summary>
/// <param name="Label">A class, or the number of classes for none.</param>
/// <param name="Seed">Key of the noise.</param>
/// <param name="Index">Number of the image under its seed: its own stream of noise.</param>
/// <param name="Edit">Part of another image to keep; null for a new image.</param>
public sealed record ImageRequest(int Label, ulong Seed, uint Index, SamplingSettings Sampling, Edit? Edit = null)
{
    /// <summary>Checks the label and every setting.</summary>
    /// <exception cref="InvalidSettingException">Something is out of its range.</exception>
    public void Validate(int classes, int scales)
    {
        if (Label < 0 || Label > classes)
        {
            throw new InvalidSettingException(
                "label", FormattableString.Invariant($"{Label}"),
                FormattableString.Invariant($"0 to {classes - 1}, or {classes} for none"));
        }

        Sampling.Validate(scales);
    }
}

/// <summary>Part of an image that decoding keeps (in-painting, out-painting, class-conditional editing).</summary>
/// <param name="Features">The image's cumulative feature map after each scale.</param>
/// <param name="Keep">1 where the image stays, 0 where new tokens go: (side x side) of the feature map.</param>
public sealed record Edit(IReadOnlyList<FeatureMap> Features, IReadOnlyList<float> Keep);
