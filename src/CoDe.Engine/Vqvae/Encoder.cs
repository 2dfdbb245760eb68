using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Vqvae;

/// <summary>
/// Encodes pixels to features, which the <see cref="Quantizer"/> turns into token maps. It computes in float32 on every
/// device: features that are rounded are nearest to other codes.
/// </summary>
public sealed class Encoder : IDisposable
{
    private readonly IBackend _backend;
    private readonly EncoderLayers _layers;
    private readonly NetworkSession _session;
    private readonly Tensor _pixels;

    /// <exception cref="ArgumentException">The weights were loaded without the encoder.</exception>
    public Encoder(IBackend backend, VqvaeWeights weights, ScaleSchedule schedule)
    {
        _backend = backend;
        _layers = weights.Encoder
            ?? throw new ArgumentException("The VQVAE was loaded without its encoder.", nameof(weights));
        Side = weights.Config.ImageSide(schedule.FinalSide);
        _session = new NetworkSession(
            backend, weights.Config.LargestMap(schedule),
            schedule.FinalSide * schedule.FinalSide, weights.Config.Widths[^1], ElementType.Float32);
        _pixels = _session.Arena.Allocate(Side * Side, 3);
    }

    /// <summary>Pixels a side of an image.</summary>
    public int Side { get; }

    /// <summary>Encodes one image into f, (feature side x feature side, code width).</summary>
    /// <param name="features">Where f goes.</param>
    /// <param name="pixels">(side, side, 3) in [-1, 1].</param>
    public void Encode(Tensor features, ReadOnlySpan<float> pixels)
    {
        _backend.Upload(_pixels, pixels);
        _session.Begin(_pixels, Side);
        _session.Convolve(_layers.In);
        foreach (var level in _layers.Down)
        {
            _session.Run(level);
            if (level.Resample is { } downsample)
            {
                _session.Convolve(downsample);
            }
        }

        _session.Run(_layers.Middle);
        _session.Activate(_layers.NormOut);
        _session.Convolve(_layers.Out);
        _session.Convolve(_layers.Quantize);
        _backend.Copy(features, _session.Map);
    }

    public void Dispose() => _session.Dispose();
}
