using CoDe.Engine.Var;

namespace CoDe.Engine.Training.Var;

/// <summary>First weights of a transformer, by the rules of the published training code.</summary>
internal sealed class VarInitialization(VarConfig config, ulong seed)
{
    private const double HeadFactor = 0.02;
    private const double ModulationFactor = 0.5;

    /// <summary>Gates begin near 0, so that every block begins as the identity.</summary>
    private const double GateFactor = 1e-5;

    private const float FirstAttentionScale = 4;

    private readonly double _deviation = Math.Sqrt(1.0 / 3 / config.Width);

    /// <param name="number">Number of the tensor in the manifest.</param>
    public float[] Values(int number, string name, IReadOnlyList<int> shape)
    {
        var values = new float[shape.Aggregate(1, (product, size) => product * size)];
        if (name.EndsWith("scale_mul_1H11", StringComparison.Ordinal))
        {
            Array.Fill(values, MathF.Log(FirstAttentionScale));
        }
        else if (!name.EndsWith("bias", StringComparison.Ordinal))
        {
            new CounterRandom(seed, RandomPurpose.Weights, (ulong)number).FillNormal(values, DeviationOf(name));
            Gate(name, values);
        }

        return values;
    }

    private double DeviationOf(string name) => name switch
    {
        "head.weight" => _deviation * HeadFactor,
        "head_nm.ada_lin.1.weight" => _deviation * ModulationFactor,
        _ when name.EndsWith("attn.proj.weight", StringComparison.Ordinal)
            || name.EndsWith("ffn.fc2.weight", StringComparison.Ordinal) => _deviation / Math.Sqrt(2 * config.Depth),
        _ when name.EndsWith("ada_gss", StringComparison.Ordinal) => ModulationFactor / Math.Sqrt(config.Width),
        _ when IsModulation(name) => _deviation * ModulationFactor,
        _ => _deviation,
    };

    /// <summary>Makes the gates small, which are the first two of the six vectors.</summary>
    private static void Gate(string name, float[] values)
    {
        if (IsModulation(name) || name.EndsWith("ada_gss", StringComparison.Ordinal))
        {
            foreach (ref var value in values.AsSpan(0, values.Length / 3))
            {
                value = (float)(value * (GateFactor / ModulationFactor));
            }
        }
    }

    private static bool IsModulation(string name)
        => name.StartsWith("blocks.", StringComparison.Ordinal)
            && name.EndsWith("ada_lin.1.weight", StringComparison.Ordinal);
}
