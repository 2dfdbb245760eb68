using CoDe.Engine.Compute;
using CoDe.Engine.Weights;
using CoDe.Flow;

namespace CoDe.Engine.Vqvae;

/// <summary>Which networks of a VQVAE to put on a device. The quantizer always is: both stages need it.</summary>
[Flags]
public enum VqvaeParts
{
    Quantizer = 0,
    Decoder = 1,
    Encoder = 2,
}

/// <summary>The parameters of a VQVAE, packed on a device.</summary>
public sealed class VqvaeWeights : IDisposable
{
    private readonly Arena _arena;
    private readonly ConvolutionWeights[] _residual;

    private VqvaeWeights(IBackend backend, Checkpoint checkpoint, string within, VqvaeConfig config, VqvaeParts parts)
    {
        Config = config;
        _arena = backend.CreateArena();
        var exact = new LayerReader(backend, _arena, checkpoint, within, ElementType.Float32);
        Codebook = exact.Table(VqvaeConfig.Marker);
        _residual = [.. config.ResidualNames().Select(name => exact.Residual(name))];
        Decoder = parts.HasFlag(VqvaeParts.Decoder)
            ? DecoderLayers.Read(new LayerReader(backend, _arena, checkpoint, within), config)
            : null;
        Encoder = parts.HasFlag(VqvaeParts.Encoder) ? EncoderLayers.Read(exact, config) : null;
    }

    public VqvaeConfig Config { get; }

    /// <summary>(vocabulary, code width)</summary>
    internal Tensor Codebook { get; }

    internal DecoderLayers? Decoder { get; }

    internal EncoderLayers? Encoder { get; }

    /// <summary>phi of a scale, its blend with the identity folded in.</summary>
    internal ConvolutionWeights Residual(int scale, ScaleSchedule schedule)
        => _residual[Config.ResidualConvolution(scale, schedule)];

    /// <summary>Reads and packs the one VQVAE of a checkpoint.</summary>
    /// <exception cref="CheckpointException">The file holds none, or its tensors do not fit together.</exception>
    public static VqvaeWeights Load(IBackend backend, Checkpoint checkpoint, VqvaeParts parts)
    {
        var (config, within) = VqvaeConfig.Find(checkpoint);
        return new VqvaeWeights(backend, checkpoint, within, config, parts);
    }

    public void Dispose() => _arena.Dispose();
}
