using System.Globalization;
using CoDe.Engine.Var;
using CoDe.Engine.Vqvae;
using CoDe.Engine.Weights;

namespace CoDe.Engine.Serving;

/// <summary>
/// Opens a model by name: a checkpoint's path, <c>synthetic:d30</c> (random weights of the published transformer of
/// that depth), or <c>synthetic:vqvae</c>.
/// </summary>
public static class ModelSource
{
    /// <summary>Prefix of the names of models with random weights.</summary>
    public const string Synthetic = "synthetic:";

    /// <summary>The random VQVAE.</summary>
    public const string SyntheticVqvae = Synthetic + "vqvae";

    private const int DeepestSynthetic = 64;

    /// <exception cref="CheckpointException">There is no such model.</exception>
    public static Checkpoint Open(string model)
    {
        if (!model.StartsWith(Synthetic, StringComparison.Ordinal))
        {
            return Checkpoint.OpenFile(model);
        }

        var isVqvae = model == SyntheticVqvae;
        return Random(model, isVqvae ? VqvaeConfig.Published.Manifest() : VarConfig.Published(Depth(model)).Manifest());
    }

    /// <summary>Reproducible random weights for every tensor of a manifest.</summary>
    public static Checkpoint Random(string name, Manifest manifest)
        => new SyntheticCheckpoint(name, [.. manifest.Needed], seed: 0);

    private static int Depth(string model)
    {
        var text = model.AsSpan(Synthetic.Length);
        return text is ['d', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var depth)
            && depth is >= 1 and <= DeepestSynthetic
                ? depth
                : throw new CheckpointException(
                    $"{model} is no model: allowed are {Synthetic}d1 to {Synthetic}d{DeepestSynthetic} "
                    + $"and {SyntheticVqvae}.");
    }
}
