using CoDe.Compute.Cpu.Simd;

namespace CoDe.Compute.Cpu.Kernels;

/// <summary>y = (x - mean) / sqrt(variance + 1e-6) * (1 + scale[sequence]) + shift[sequence], over a row.</summary>
internal readonly unsafe struct LayerNorm<V>(Tensor x, Tensor scale, Tensor shift, int rowsPerSequence) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    private const float Epsilon = 1e-6f;

    public void Apply(float* y, int row, int columns)
    {
        var source = x.Row(row);
        var mean = Sum(source, columns) / columns;
        var rate = 1 / MathF.Sqrt((SumOfSquares(source, columns, mean) / columns) + Epsilon);
        var sequence = Math.Min(row / rowsPerSequence, scale.Rows - 1);
        var scales = scale.Row(sequence);
        var shifts = shift.Row(sequence);
        for (var c = 0; c < columns; c += V.Count)
        {
            var lanes = columns - c;
            var normal = (Lanes.Load<V>(source + c, lanes) - V.Broadcast(mean)) * V.Broadcast(rate);
            var factor = V.Broadcast(1) + Lanes.Load<V>(scales + c, lanes);
            Lanes.Store(y + c, V.MultiplyAdd(normal, factor, Lanes.Load<V>(shifts + c, lanes)), lanes);
        }
    }

    private static float Sum(float* source, int columns)
    {
        var sum = V.Zero;
        for (var c = 0; c < columns; c += V.Count)
        {
            sum += Lanes.Load<V>(source + c, columns - c);
        }

        return V.Sum(sum);
    }

    private static float SumOfSquares(float* source, int columns, float mean)
    {
        var sum = V.Zero;
        var whole = columns - (columns % V.Count);
        for (var c = 0; c < whole; c += V.Count)
        {
            var difference = V.Load(source + c) - V.Broadcast(mean);
            sum = V.MultiplyAdd(difference, difference, sum);
        }

        var total = V.Sum(sum);
        for (var c = whole; c < columns; c++)
        {
            total += (source[c] - mean) * (source[c] - mean);
        }

        return total;
    }
}
