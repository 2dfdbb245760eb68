using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;
using static TorchSharp.torch;

namespace CoDe.Benchmarks.PublishedOnLibTorch;

/// <summary>A drafter, a refiner and the VQVAE.</summary>
internal sealed class Models : IDisposable
{
    private readonly Parameters _vqvaeParameters;

    private Models(
        VqvaeConfig vqvae, Parameters vqvaeParameters, Transformer drafter, Transformer? refiner)
    {
        _vqvaeParameters = vqvaeParameters;
        Quantizer = new Quantizer(vqvae, drafter.Config.Schedule, vqvaeParameters);
        Decoder = new PixelDecoder(vqvae, vqvaeParameters);
        Drafter = drafter;
        Refiner = refiner;
    }

    public Transformer Drafter { get; }

    /// <summary>Null where the drafter decodes alone.</summary>
    public Transformer? Refiner { get; }

    public Quantizer Quantizer { get; }

    public PixelDecoder Decoder { get; }

    /// <summary>Random weights of the published sizes, made in the type that they are kept in.</summary>
    public static Models Random(int drafter, int? refiner, ScalarType type)
    {
        var vqvae = VqvaeConfig.Published;
        var parameters = Parameters.Random(vqvae.Manifest(), type);
        return new Models(
            vqvae, parameters, RandomTransformer(drafter, type),
            refiner is { } depth ? RandomTransformer(depth, type) : null);
    }

    /// <summary>Reads the checkpoints of a folder of golden cases.</summary>
    /// <exception cref="CheckpointException">A file is missing or cannot be read.</exception>
    public static Models Read(string folder, ScalarType type)
    {
        using var checkpoint = Checkpoint.OpenFile(Path.Combine(folder, "vae.pth"));
        var within = checkpoint.FindPrefix(VqvaeConfig.Marker)!;
        var config = VqvaeConfig.Read(checkpoint, within);
        return new Models(
            config, Parameters.Read(checkpoint, within, config.Manifest(), type),
            ReadTransformer(Path.Combine(folder, "drafter.pth"), type),
            ReadTransformer(Path.Combine(folder, "refiner.safetensors"), type));
    }

    public void Dispose()
    {
        Drafter.Dispose();
        Refiner?.Dispose();
        Quantizer.Dispose();
        _vqvaeParameters.Dispose();
    }

    private static Transformer RandomTransformer(int depth, ScalarType type)
    {
        var config = VarConfig.Published(depth);
        return new Transformer(config, Parameters.Random(config.Manifest(), type));
    }

    private static Transformer ReadTransformer(string path, ScalarType type)
    {
        using var checkpoint = Checkpoint.OpenFile(path);
        var within = checkpoint.FindPrefix(VarConfig.Marker)!;
        var config = VarConfig.Read(checkpoint, within);
        return new Transformer(config, Parameters.Read(checkpoint, within, config.Manifest(), type));
    }
}
