using CoDe.Engine.Compute;
using CoDe.Engine.Vqvae;
using CoDe.Flow;

namespace CoDe.Engine.Stages;

/// <summary>Features, token maps and cumulative feature maps of an image.</summary>
/// <param name="Features">f before quantization.</param>
/// <param name="TokenMaps">One a scale.</param>
/// <param name="Cumulative">f_hat after each scale.</param>
public sealed record EncodedImage(
    FeatureMap Features, IReadOnlyList<TokenMap> TokenMaps, IReadOnlyList<FeatureMap> Cumulative);

/// <summary>Encodes an image to its token maps and cumulative feature maps, for edits.</summary>
public sealed class EncodeStage : IDisposable
{
    private readonly IBackend _backend;
    private readonly ScaleSchedule _schedule;
    private readonly Encoder _encoder;
    private readonly Quantizer _quantizer;
    private readonly Arena _arena;
    private readonly Tensor _features;

    public EncodeStage(IBackend backend, VqvaeWeights weights, ScaleSchedule schedule)
    {
        (_backend, _schedule) = (backend, schedule);
        _encoder = new Encoder(backend, weights, schedule);
        _quantizer = new Quantizer(backend, weights, schedule, capacity: 1);
        _arena = backend.CreateArena();
        _features = _arena.Allocate(schedule.FinalSide * schedule.FinalSide, weights.Config.CodeWidth);
    }

    /// <summary>Pixels a side.</summary>
    public int Side => _encoder.Side;

    /// <summary>Checks an image; may be called from any thread.</summary>
    /// <exception cref="InvalidSettingException">The image is not <see cref="Side"/> pixels a side.</exception>
    public void Validate(Image image)
    {
        if (image.Width != Side || image.Height != Side)
        {
            throw new InvalidSettingException("image", $"{image.Width} x {image.Height}", $"{Side} x {Side} pixels");
        }
    }

    /// <exception cref="InvalidSettingException">The image is not <see cref="Side"/> pixels a side.</exception>
    public EncodedImage Run(Image image)
    {
        Validate(image);
        return Run([.. image.Rgb.Select(value => (value / 255f * 2) - 1)]);
    }

    /// <param name="pixels">(side, side, 3) in [-1, 1].</param>
    public EncodedImage Run(float[] pixels)
    {
        _encoder.Encode(_features, pixels);
        var features = Download(_features);
        var cumulative = new List<FeatureMap>();
        _quantizer.Begin(1);
        _quantizer.Quantize(_features, _ => cumulative.Add(Download(_quantizer.Features)));
        var tokens = new int[_schedule.TotalTokens];
        _backend.Download(tokens, _quantizer.Tokens);
        var tokenMaps = Enumerable.Range(0, _schedule.Count).Select(scale => TokenMapOf(tokens, scale));
        return new EncodedImage(features, [.. tokenMaps], cumulative);
    }

    public void Dispose()
    {
        _arena.Dispose();
        _quantizer.Dispose();
        _encoder.Dispose();
    }

    private FeatureMap Download(Tensor features)
    {
        var values = new float[features.Rows * features.Columns];
        _backend.Download(values, features);
        return FeatureLayout.ToFeatureMap(values, features.Columns, _schedule.FinalSide);
    }

    private TokenMap TokenMapOf(int[] tokens, int scale) => new(
        _schedule.Side(scale),
        [.. tokens.Skip(_schedule.Start(scale)).Take(_schedule.Tokens(scale)).Select(token => (ushort)token)]);
}
