using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>y = (x - mean) / sqrt(variance + 1e-6) * gain[sequence] + shift[sequence], over a row.</summary>
internal readonly unsafe struct LayerNorm<V>(
    CpuTensor x, CpuTensor gain, CpuTensor shift, int rowsPerSequence) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    private const float Epsilon = 1e-6f;

    public void Apply(float* y, int row, int columns)
    {
        var source = x.Row(row);
        var mean = Sum(source, columns) / columns;
        var rate = 1 / MathF.Sqrt((SumOfSquares(source, columns, mean) / columns) + Epsilon);
        var sequence = row / rowsPerSequence;
        var gains = gain.Row(sequence);
        var shifts = shift.Row(sequence);
        for (var c = 0; c < columns; c += V.Count)
        {
            var lanes = columns - c;
            var normal = (Lanes.Load<V>(source + c, lanes) - V.Broadcast(mean)) * V.Broadcast(rate);
            var factor = Lanes.Load<V>(gains + c, lanes);
            Lanes.Store(y + c, V.MultiplyAdd(normal, factor, Lanes.Load<V>(shifts + c, lanes)), lanes);
        }
    }

    private static float Sum(float* source, int columns)
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        var c = 0;
        for (; c <= columns - (4 * V.Count); c += 4 * V.Count)
        {
            s0 += V.Load(source + c);
            s1 += V.Load(source + c + V.Count);
            s2 += V.Load(source + c + (2 * V.Count));
            s3 += V.Load(source + c + (3 * V.Count));
        }

        for (; c < columns; c += V.Count)
        {
            s0 += Lanes.Load<V>(source + c, columns - c);
        }

        return V.Sum(s0 + s1 + (s2 + s3));
    }

    private static float SumOfSquares(float* source, int columns, float mean)
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        var middle = V.Broadcast(mean);
        var c = 0;
        for (; c <= columns - (4 * V.Count); c += 4 * V.Count)
        {
            s0 = Lanes.AddSquare(s0, V.Load(source + c) - middle);
            s1 = Lanes.AddSquare(s1, V.Load(source + c + V.Count) - middle);
            s2 = Lanes.AddSquare(s2, V.Load(source + c + (2 * V.Count)) - middle);
            s3 = Lanes.AddSquare(s3, V.Load(source + c + (3 * V.Count)) - middle);
        }

        for (; c <= columns - V.Count; c += V.Count)
        {
            s0 = Lanes.AddSquare(s0, V.Load(source + c) - middle);
        }

        var total = V.Sum(s0 + s1 + (s2 + s3));
        for (; c < columns; c++)
        {
            total += (source[c] - mean) * (source[c] - mean);
        }

        return total;
    }
}
