using System.Runtime.Intrinsics;
using CoDe.Engine.Compute.Cpu;

namespace CoDe.Engine.Training;

/// <summary>Purposes of random numbers: numbers of one say nothing of those of another.</summary>
internal enum RandomPurpose : uint
{
    Weights = 16,
    Order = 17,
    DroppedLabels = 18,
    Codes = 19,
}

/// <summary>
/// Random numbers of a training run. Each is a function of seed, purpose, stream and index, so a run that goes on after
/// a kill draws what it would have drawn.
/// </summary>
internal readonly struct CounterRandom(ulong seed, RandomPurpose purpose, ulong stream)
{
    /// <summary>A number in [0, 1) with 53 bits.</summary>
    public double Uniform(uint index) => Uniforms(index).First;

    /// <summary>A whole number from 0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count, uint index) => (int)(Uniform(index) * count);

    /// <summary>Fills with normally distributed numbers of mean 0 (Box and Muller, 1958).</summary>
    public void FillNormal(Span<float> values, double deviation)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var (first, second) = Uniforms((uint)(i / 2));
            var radius = deviation * Math.Sqrt(-2 * Math.Log(1 - first));
            values[i] = (float)(radius * Math.Cos(2 * Math.PI * second));
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * Math.Sin(2 * Math.PI * second));
            }
        }
    }

    /// <summary>Fills with numbers that are uniform in [-largest, largest).</summary>
    public void FillUniform(Span<float> values, double largest)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)((2 * Uniform((uint)i) - 1) * largest);
        }
    }

    /// <summary>The numbers from 0 to <paramref name="count"/> - 1 in random order.</summary>
    public int[] Permutation(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (var i = count - 1; i > 0; i--)
        {
            var other = Below(i + 1, (uint)i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    private (double First, double Second) Uniforms(uint index)
    {
        var words = Philox.Block(index, (uint)stream, (uint)(stream >> 32), (uint)purpose, seed).AsUInt64() >>> 11;
        return (words[0] * (1.0 / (1ul << 53)), words[1] * (1.0 / (1ul << 53)));
    }
}
