using CoDe.Engine.Training.Running;
using CoDe.Engine.Vqvae;
using CoDe.Flow;
using static TorchSharp.torch;

namespace CoDe.Engine.Training.Vqvae;

/// <summary>Trains a VQVAE on pictures, which are kept in memory.</summary>
internal sealed class VqvaeTraining : ITraining
{
    private readonly VqvaeNetwork _network;
    private readonly QuantizerNetwork _quantizer;
    private readonly VqvaeLoss _loss;
    private readonly CodeUsage _usage;
    private readonly IReadOnlyList<Image> _pictures;

    public VqvaeTraining(
        VqvaeConfig config, ScaleSchedule schedule, ParameterSet parameters, ScalarType compute,
        IReadOnlyList<Image> pictures, ulong seed)
    {
        (Parameters, _pictures) = (parameters, pictures);
        _network = new VqvaeNetwork(config, parameters, compute);
        _quantizer = new QuantizerNetwork(config, schedule, parameters);
        _loss = new VqvaeLoss(_network, _quantizer);
        _usage = new CodeUsage(config, schedule, parameters.Device, seed);
        Buffers = new Dictionary<string, Tensor> { [VqvaeConfig.UsageName] = _usage.Hits };
    }

    public ParameterSet Parameters { get; }

    public IReadOnlyDictionary<string, Tensor> Buffers { get; }

    public int Images => _pictures.Count;

    public void Prepare(TrainingBatch batch)
    {
        if (!CodeUsage.IsReviewDue(batch))
        {
            return;
        }

        using var gradients = no_grad();
        var rests = new List<Tensor>();
        _quantizer.Quantize(_network.Encode(Pixels(batch)), rest => rests.Add(rest.flatten(0, 1)));
        _usage.Revive(_quantizer.Codebook, cat(rests, 0), batch.Step);
    }

    public Tensor Loss(TrainingBatch batch) => _loss.Of(Pixels(batch), _usage.Count);

    public IReadOnlyDictionary<string, Tensor> Constants() => new Dictionary<string, Tensor>();

    public void Dispose()
    {
        Parameters.Dispose();
        _quantizer.Dispose();
        _usage.Dispose();
    }

    /// <summary>(images, 3, side, side) in [-1, 1].</summary>
    private Tensor Pixels(TrainingBatch batch)
    {
        var side = _pictures[0].Width;
        byte[] bytes = [.. batch.Images.SelectMany(image => _pictures[image].Rgb)];
        return tensor(bytes, [batch.Images.Length, side, side, 3], device: Parameters.Device)
            .to(Parameters.Type).mul(2.0 / 255).sub(1).permute(0, 3, 1, 2);
    }
}
