using CoDe.Compute;
using CoDe.Flow;

namespace CoDe.Vqvae;

/// <summary>From cumulative feature maps to pixels.</summary>
public sealed class Decoder : IDisposable
{
    private readonly IBackend _backend;
    private readonly DecoderLayers _layers;
    private readonly NetworkSession _session;
    private readonly Tensor _features;
    private readonly int _featureSide;

    /// <exception cref="ArgumentException">The weights were loaded without the decoder.</exception>
    public Decoder(IBackend backend, VqvaeWeights weights, ScaleSchedule schedule)
    {
        _backend = backend;
        _layers = weights.Decoder ?? throw new ArgumentException("The VQVAE was loaded without its decoder.", nameof(weights));
        _featureSide = schedule.FinalSide;
        Side = weights.Config.ImageSide(_featureSide);
        _session = new NetworkSession(backend, weights.Config.LargestMap(schedule), _featureSide * _featureSide, weights.Config.Widths[^1]);
        _features = _session.Arena.Allocate(_featureSide * _featureSide, weights.Config.CodeWidth);
    }

    /// <summary>Pixels a side of an image.</summary>
    public int Side { get; }

    /// <summary>Decodes one feature map.</summary>
    /// <param name="pixels">(side, side, 3) in [-1, 1].</param>
    /// <param name="features">f_hat, NHWC: (feature side x feature side, code width).</param>
    public void Decode(Span<float> pixels, ReadOnlySpan<float> features)
    {
        _backend.Upload(_features, features);
        Decode(pixels, _features);
    }

    /// <inheritdoc cref="Decode(Span{float}, ReadOnlySpan{float})"/>
    public void Decode(Span<float> pixels, Tensor features)
    {
        _session.Begin(features, _featureSide);
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
        _backend.Download(pixels, _session.Map);
        foreach (ref var value in pixels)
        {
            value = Math.Clamp(value, -1, 1);
        }
    }

    public void Dispose() => _session.Dispose();
}
