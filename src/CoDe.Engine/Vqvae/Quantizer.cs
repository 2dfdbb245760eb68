using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Vqvae;

/// <summary>
/// Multi-scale residual quantizer of one batch: turns token maps into the cumulative feature map and the transformer's
/// next inputs. Allocated once for the largest batch.
/// </summary>
public sealed class Quantizer : IDisposable
{
    private readonly IBackend _backend;
    private readonly VqvaeWeights _weights;
    private readonly ScaleSchedule _schedule;
    private readonly ConvolutionWeights[] _residual;
    private readonly Arena _arena;
    private readonly Tensor _features;
    private readonly Tensor _codes;
    private readonly Tensor _enlarged;
    private readonly Tensor _inputs;
    private readonly Tensor _tokens;
    private int _images;

    /// <param name="capacity">The most images of a batch.</param>
    public Quantizer(IBackend backend, VqvaeWeights weights, ScaleSchedule schedule, int capacity)
    {
        (_backend, _weights, _schedule) = (backend, weights, schedule);
        _residual = [.. Enumerable.Range(0, schedule.Count).Select(scale => weights.Residual(scale, schedule))];
        _arena = backend.CreateArena();
        var rows = capacity * schedule.Tokens(schedule.Count - 1);
        _features = _arena.Allocate(rows, weights.Config.CodeWidth);
        _codes = _arena.Allocate(rows, weights.Config.CodeWidth);
        _enlarged = _arena.Allocate(rows, weights.Config.CodeWidth);
        _inputs = _arena.Allocate(rows, weights.Config.CodeWidth);
        _tokens = _arena.Allocate(capacity, schedule.TotalTokens, ElementType.Int32);
    }

    /// <summary>The cumulative feature map, f_hat in the paper, NHWC: (images x side x side, code width).</summary>
    public Tensor Features => _features.RowRange(0, _images * FinalTokens);

    /// <summary>All token maps: (images, tokens of all scales).</summary>
    public Tensor Tokens => _tokens.RowRange(0, _images);

    private int FinalTokens => _schedule.Tokens(_schedule.Count - 1);

    /// <summary>Starts a batch with empty feature maps.</summary>
    public void Begin(int images)
    {
        _images = images;
        _backend.Clear(Features);
    }

    /// <summary>The token maps of one scale: (images, tokens).</summary>
    public Tensor TokensOf(int scale) => Tokens.ColumnRange(_schedule.Start(scale), _schedule.Tokens(scale));

    /// <summary>
    /// Computes the transformer's inputs at a scale: the feature map so far, reduced to its side. (images x tokens,
    /// code width)
    /// </summary>
    public Tensor Inputs(int scale)
    {
        var inputs = _inputs.RowRange(0, _images * _schedule.Tokens(scale));
        if (scale > 0)
        {
            _backend.ResizeArea(inputs, Features, _schedule.FinalSide, _schedule.Side(scale));
        }

        return inputs;
    }

    /// <summary>
    /// Looks up the code vectors of a scale's tokens, (images x tokens, code width). Mixtures replace them in place.
    /// </summary>
    public Tensor LookUp(int scale)
    {
        var codes = _codes.RowRange(0, _images * _schedule.Tokens(scale));
        _backend.Gather(codes, _weights.Codebook, TokensOf(scale));
        return codes;
    }

    /// <summary>Replaces the code vectors of smooth images by mixtures of all codes.</summary>
    /// <param name="logits">As <see cref="IBackend.DrawTokens"/> left them.</param>
    public void Mix(int scale, Tensor codes, Tensor logits, DrawTable draws, CodeMixture mixture)
        => _backend.MixCodes(
            codes, logits, _weights.Codebook, draws, _schedule.Tokens(scale), mixture, _schedule.Start(scale));

    /// <summary>f_hat += phi(enlarge(codes)).</summary>
    public void Accumulate(int scale, Tensor codes) => _backend.ConvolutionAdd(
        Features, Enlarge(scale, codes), _residual[scale], _schedule.FinalSide, _schedule.FinalSide);

    /// <summary>
    /// Finds the token maps of features, scale by scale: each scale quantizes what the scales before it left over.
    /// Leaves them in <see cref="Tokens"/> and their sum in <see cref="Features"/>.
    /// </summary>
    /// <param name="features">f, (images x side x side, code width); replaced by what is left over in the end.</param>
    /// <param name="scaleDone">Called after each scale.</param>
    public void Quantize(Tensor features, Action<int>? scaleDone = null)
    {
        for (var scale = 0; scale < _schedule.Count; scale++)
        {
            var reduced = _inputs.RowRange(0, _images * _schedule.Tokens(scale));
            _backend.ResizeArea(reduced, features, _schedule.FinalSide, _schedule.Side(scale));
            _backend.NearestCode(TokensOf(scale), reduced, _weights.Codebook);
            _backend.AddScaled(features, Features, 1);
            Accumulate(scale, LookUp(scale));
            _backend.AddScaled(features, Features, -1);
            scaleDone?.Invoke(scale);
        }
    }

    public void Dispose() => _arena.Dispose();

    private Tensor Enlarge(int scale, Tensor codes)
    {
        if (_schedule.Side(scale) == _schedule.FinalSide)
        {
            return codes;
        }

        var enlarged = _enlarged.RowRange(0, _images * FinalTokens);
        _backend.ResizeBicubic(enlarged, codes, _schedule.Side(scale), _schedule.FinalSide);
        return enlarged;
    }
}
