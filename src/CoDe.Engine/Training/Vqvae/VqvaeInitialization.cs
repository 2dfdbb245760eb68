using CoDe.Engine.Vqvae;

namespace CoDe.Engine.Training.Vqvae;

/// <summary>
/// First weights of a VQVAE: convolutions uniform within 1 / sqrt(inputs of a sum), norms the identity. Codes are
/// replaced by features of the first batch.
/// </summary>
internal sealed class VqvaeInitialization(VqvaeConfig config, ulong seed)
{
    private readonly Dictionary<string, double> _largest = [];

    /// <param name="number">Number of the tensor in the manifest.</param>
    public float[] Values(int number, string name, IReadOnlyList<int> shape)
    {
        var values = new float[shape.Aggregate(1, (product, size) => product * size)];
        var random = new CounterRandom(seed, RandomPurpose.Weights, (ulong)number);
        var layer = name[..name.LastIndexOf('.')];
        switch (shape.Count)
        {
            case 4:
                _largest[layer] = 1 / Math.Sqrt(shape[1] * shape[2] * shape[3]);
                random.FillUniform(values, _largest[layer]);
                break;
            case 2:
                random.FillNormal(values, 1 / Math.Sqrt(config.CodeWidth));
                break;
            default:
                FillVector(values, name, random, layer);
                break;
        }

        return values;
    }

    /// <summary>Biases of convolutions, whose weights come before them, and gains and biases of norms.</summary>
    private void FillVector(float[] values, string name, CounterRandom random, string layer)
    {
        if (_largest.TryGetValue(layer, out var largest))
        {
            random.FillUniform(values, largest);
        }
        else if (name.EndsWith("weight", StringComparison.Ordinal))
        {
            Array.Fill(values, 1);
        }
    }
}
