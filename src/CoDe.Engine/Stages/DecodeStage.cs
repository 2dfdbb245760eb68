using CoDe.Engine.Compute;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>Decodes feature maps to images, one at a time. A feature map of any scale decodes to a preview.</summary>
public sealed class DecodeStage(IBackend backend, VqvaeWeights weights, ScaleSchedule schedule) : IDisposable
{
    private readonly Decoder _decoder = new(backend, weights, schedule);
    private readonly float[] _features = new float[schedule.FinalSide * schedule.FinalSide * weights.Config.CodeWidth];

    /// <summary>Pixels a side.</summary>
    public int Side => _decoder.Side;

    /// <summary>Decodes to 8 bits as the published evaluation does: values in [0, 1] times 255, truncated.</summary>
    public Image Run(FeatureMap features)
    {
        features.ToPixelMajor(_features);
        var rgb = new byte[Side * Side * 3];
        _decoder.Decode(rgb, _features);
        return new Image(Side, Side, rgb);
    }

    /// <summary>(side, side, 3) in [0, 1].</summary>
    public float[] Pixels(FeatureMap features)
    {
        features.ToPixelMajor(_features);
        var pixels = new float[Side * Side * 3];
        _decoder.Decode(pixels, _features);
        foreach (ref var value in pixels.AsSpan())
        {
            value = (value + 1) * 0.5f;
        }

        return pixels;
    }

    public void Dispose() => _decoder.Dispose();
}
