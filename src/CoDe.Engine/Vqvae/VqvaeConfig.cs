using System.Globalization;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Engine.Vqvae;

/// <summary>
/// Sharing of the quantizer's residual convolutions between scales, which decides their names in a checkpoint.
/// </summary>
public enum ResidualSharing
{
    /// <summary>One for all scales (<c>share_quant_resi=1</c>).</summary>
    Full,

    /// <summary>A few, each for neighbouring scales (4 in the published models).</summary>
    Partial,

    /// <summary>One a scale (<c>share_quant_resi=0</c>).</summary>
    None,
}

/// <summary>The hyperparameters of a multi-scale VQVAE, all read off the shapes of its checkpoint.</summary>
/// <param name="Vocabulary">Number of codes, V.</param>
/// <param name="CodeWidth">Channels of a code, Cvae.</param>
/// <param name="BaseWidth">Channels that the encoder begins with (<c>ch</c>).</param>
/// <param name="Widths">Channels at each resolution, the image's own first.</param>
/// <param name="Blocks">ResNet blocks a resolution of the encoder; the decoder has one more.</param>
/// <param name="ConvolutionKernel">Kernel of the convolutions around the quantizer.</param>
/// <param name="ResidualConvolutions">Number of residual convolutions of the quantizer.</param>
public sealed record VqvaeConfig(
    int Vocabulary, int CodeWidth, int BaseWidth, IReadOnlyList<int> Widths, int Blocks,
    int ConvolutionKernel, int ResidualConvolutions, ResidualSharing Sharing)
{
    /// <summary>A tensor that every VQVAE checkpoint has and no other: it marks where in a file the model is.</summary>
    public const string Marker = "quantize.embedding.weight";

    /// <summary>Uses of each code in training; decoding does not need them.</summary>
    internal const string UsageName = "quantize.ema_vocab_hit_SV";

    /// <summary>
    /// Ratio r of phi(h) = (1 - r) h + r convolution(h), 0.5 in every published model (<c>quant_resi</c>).
    /// </summary>
    public const float ResidualRatio = 0.5f;

    /// <summary>Image pixels a side for a feature map of that side.</summary>
    public int ImageSide(int featureSide) => featureSide << (Widths.Count - 1);

    /// <summary>The published VQVAE: <c>vae_ch160v4096z32</c>.</summary>
    public static VqvaeConfig Published { get; }
        = new(4096, 32, 160, [160, 160, 320, 320, 640], 2, 3, 4, ResidualSharing.Partial);

    /// <summary>
    /// Finds the residual convolution of a scale: the one whose tick is nearest to the scale's progress, the first of
    /// equals. With four of them scale 3 of 10 lies midway but for rounding, so the ticks are computed as NumPy's
    /// <c>linspace</c> rounds them.
    /// </summary>
    public int ResidualConvolution(int scale, ScaleSchedule schedule)
    {
        var count = ResidualConvolutions;
        var first = count == 4 ? 1.0 / 3 / count : 1.0 / 2 / count;
        var last = 1 - first;
        var step = (last - first) / Math.Max(1, count - 1);
        return Enumerable.Range(0, count).MinBy(i => Math.Abs(Tick(i) - schedule.Progress(scale)));

        double Tick(int i) => i > 0 && i == count - 1 ? last : (i * step) + first;
    }

    /// <summary>Finds the one VQVAE of a checkpoint, wherever in the file it is, and checks its tensors.</summary>
    /// <returns>Its hyperparameters, and the prefix of the names of its tensors.</returns>
    /// <exception cref="CheckpointException">The file holds none, or its tensors do not fit together.</exception>
    public static (VqvaeConfig Config, string Within) Find(Checkpoint checkpoint)
    {
        var within = checkpoint.FindPrefix(Marker)
            ?? throw new CheckpointException($"{checkpoint.Path} is no VQVAE checkpoint: it has no {Marker}.");
        var config = Read(checkpoint, within);
        config.Manifest().Check(checkpoint, within, "a VQVAE");
        return (config, within);
    }

    /// <summary>Reads the hyperparameters off a checkpoint's shapes.</summary>
    /// <param name="within">Prefix of the names of the model's tensors.</param>
    /// <exception cref="CheckpointException">It is not a VQVAE checkpoint.</exception>
    public static VqvaeConfig Read(Checkpoint checkpoint, string within)
    {
        var widths = Numbered(level => $"decoder.up.{level}.block.0.conv1.weight")
            .Select(name => Shape(name, 4)[0]).ToArray();
        var blocks = Numbered(block => $"decoder.up.0.block.{block}.conv1.weight").Count - 1;
        var partial = Numbered(i => $"quantize.quant_resi.qresi_ls.{i}.weight").Count;
        var own = Numbered(i => $"quantize.quant_resi.{i}.weight").Count;
        if (widths.Length == 0 || blocks < 1 || widths.Any(width => width < 1 || width % 32 != 0))
        {
            throw new CheckpointException(
                $"{checkpoint.Path} is no VQVAE checkpoint: its decoder has no blocks of a multiple of 32 channels.");
        }

        var (convolutions, sharing) = (partial, own) switch
        {
            ( > 0, _) => (partial, ResidualSharing.Partial),
            (_, > 0) => (own, ResidualSharing.None),
            _ => (1, ResidualSharing.Full),
        };
        var (codes, kernel) = (Shape(Marker, 2), Shape("post_quant_conv.weight", 4)[2]);
        if (kernel % 2 == 0)
        {
            throw new CheckpointException($"{checkpoint.Path}: a kernel of {kernel} x {kernel} has no middle.");
        }

        return new VqvaeConfig(
            codes[0], codes[1], Shape("encoder.conv_in.weight", 4)[0], widths, blocks, kernel, convolutions, sharing);

        List<string> Numbered(Func<int, FormattableString> name) => [.. Enumerable.Range(0, checkpoint.Tensors.Count)
            .Select(i => name(i).ToString(CultureInfo.InvariantCulture))
            .TakeWhile(each => checkpoint.Tensors.ContainsKey(within + each))];

        IReadOnlyList<int> Shape(string name, int rank)
            => checkpoint.Tensors.TryGetValue(within + name, out var tensor) && tensor.Shape.Count == rank
            ? tensor.Shape
            : throw new CheckpointException(
                $"{checkpoint.Path} is no VQVAE checkpoint: it has no {within}{name} of {rank} dimensions.");
    }

    /// <summary>The names of the residual convolutions.</summary>
    internal IEnumerable<string> ResidualNames() => Enumerable.Range(0, ResidualConvolutions).Select(i => Sharing switch
    {
        ResidualSharing.Full => "quantize.quant_resi.qresi",
        ResidualSharing.Partial => FormattableString.Invariant($"quantize.quant_resi.qresi_ls.{i}"),
        _ => FormattableString.Invariant($"quantize.quant_resi.{i}"),
    });

    /// <summary>Every tensor of a checkpoint of this configuration.</summary>
    public Manifest Manifest()
    {
        var (manifest, kernel) = (new Manifest(), ConvolutionKernel);
        EncoderLayers.Add(manifest, this);
        DecoderLayers.Add(manifest, this);
        manifest.NeedLayer("quant_conv", CodeWidth, CodeWidth, kernel, kernel)
            .NeedLayer("post_quant_conv", CodeWidth, CodeWidth, kernel, kernel);
        manifest.Need(Marker, Vocabulary, CodeWidth).Ignore(UsageName);
        foreach (var name in ResidualNames())
        {
            manifest.NeedLayer(name, CodeWidth, CodeWidth, 3, 3);
        }

        return manifest;
    }
}
