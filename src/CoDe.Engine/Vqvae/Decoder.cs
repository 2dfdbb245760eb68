using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Vqvae;

/// <summary>Decodes cumulative feature maps to pixels.</summary>
public sealed class Decoder : IDisposable
{
    private readonly IBackend _backend;
    private readonly DecoderLayers _layers;
    private readonly NetworkSession _session;
    private readonly Tensor _features;
    private readonly Tensor _rgb;
    private readonly int _featureSide;

    /// <exception cref="ArgumentException">The weights were loaded without the decoder.</exception>
    public Decoder(IBackend backend, VqvaeWeights weights, ScaleSchedule schedule)
    {
        _backend = backend;
        _layers = weights.Decoder
            ?? throw new ArgumentException("The VQVAE was loaded without its decoder.", nameof(weights));
        _featureSide = schedule.FinalSide;
        Side = weights.Config.ImageSide(_featureSide);
        _session = new NetworkSession(
            backend, weights.Config.LargestMap(schedule), _featureSide * _featureSide, weights.Config.Widths[^1],
            backend.MapType);
        _features = _session.Arena.Allocate(_featureSide * _featureSide, weights.Config.CodeWidth);
        _rgb = _session.Arena.Allocate(Side * Side, 3, ElementType.UInt8);
    }

    /// <summary>Pixels a side of an image.</summary>
    public int Side { get; }

    /// <summary>Decodes one feature map.</summary>
    /// <param name="pixels">(side, side, 3) in [-1, 1].</param>
    /// <param name="features">f_hat, NHWC: (feature side x feature side, code width).</param>
    public void Decode(Span<float> pixels, ReadOnlySpan<float> features)
    {
        Run(features);
        _backend.Download(pixels, _session.Map);
        foreach (ref var value in pixels)
        {
            value = Math.Clamp(value, -1, 1);
        }
    }

    /// <summary>Decodes one feature map to 8 bits: [-1, 1] is 0 to 255, fractions cut off.</summary>
    /// <param name="rgb">(side, side, 3)</param>
    /// <param name="features">f_hat, NHWC: (feature side x feature side, code width).</param>
    public void Decode(Span<byte> rgb, ReadOnlySpan<float> features)
    {
        Run(features);
        _backend.ToBytes(_rgb, _session.Map);
        _backend.Download(rgb, _rgb);
    }

    public void Dispose() => _session.Dispose();

    /// <summary>Leaves the pixels in the session's map.</summary>
    private void Run(ReadOnlySpan<float> features)
    {
        _backend.Upload(_features, features);
        _session.Begin(_features, _featureSide);
        _session.Convolve(_layers.Dequantize);
        _session.Convolve(_layers.In);
        _session.Run(_layers.Middle);
        foreach (var level in _layers.Up)
        {
            _session.Run(level);
            if (level.Resample is { } upsample)
            {
                _session.Convolve(upsample);
            }
        }

        _session.Activate(_layers.NormOut);
        _session.Convolve(_layers.Out);
    }
}
