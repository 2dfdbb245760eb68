using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Bicubic enlargement of square NHWC maps, Keys' kernel with a = -0.75, half-pixel centres and a clamped border
/// (PyTorch's <c>interpolate(mode='bicubic')</c>).
/// </summary>
internal readonly unsafe struct ResizeBicubic<V>(CpuTensor x, int side, int finalSide) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    private const float A = -0.75f;

    public void Apply(float* y, int row, int columns)
    {
        var (image, position) = Math.DivRem(row, finalSide * finalSide);
        var (down, across) = Math.DivRem(position, finalSide);
        float* weights = stackalloc float[8];
        int* indices = stackalloc int[8];
        Taps(down, indices, weights);
        Taps(across, indices + 4, weights + 4);
        for (var c = 0; c < columns; c += V.Count)
        {
            var sum = V.Zero;
            for (var i = 0; i < 4; i++)
            {
                var line = V.Zero;
                for (var j = 0; j < 4; j++)
                {
                    var source = x.Row((image * side * side) + (indices[i] * side) + indices[4 + j]) + c;
                    line = V.MultiplyAdd(Lanes.Load<V>(source, columns - c), V.Broadcast(weights[4 + j]), line);
                }

                sum = V.MultiplyAdd(line, V.Broadcast(weights[i]), sum);
            }

            Lanes.Store(y + c, sum, columns - c);
        }
    }

    private void Taps(int destination, int* indices, float* weights)
    {
        var source = ((destination + 0.5f) * ((float)side / finalSide)) - 0.5f;
        var floor = MathF.Floor(source);
        var t = source - floor;
        weights[0] = Outer(t + 1);
        weights[1] = Inner(t);
        weights[2] = Inner(1 - t);
        weights[3] = Outer(2 - t);
        for (var tap = 0; tap < 4; tap++)
        {
            indices[tap] = Math.Clamp((int)floor - 1 + tap, 0, side - 1);
        }
    }

    private static float Inner(float t) => ((((A + 2) * t) - (A + 3)) * t * t) + 1;

    private static float Outer(float t) => ((((((A * t) - (5 * A)) * t) + (8 * A)) * t) - (4 * A));
}

/// <summary>
/// Reduction of square NHWC maps, as PyTorch's <c>interpolate(mode='area')</c>: each cell is the mean of the cells it
/// covers, from floor(i * n / m) up to ceil((i + 1) * n / m).
/// </summary>
internal readonly unsafe struct ResizeArea<V>(CpuTensor x, int finalSide, int side) : IRowOperator
    where V : unmanaged, ISimd<V>
{
    public void Apply(float* y, int row, int columns)
    {
        var (image, position) = Math.DivRem(row, side * side);
        var (down, across) = Math.DivRem(position, side);
        var (top, bottom) = Covered(down);
        var (left, right) = Covered(across);
        var divisor = V.Broadcast((bottom - top) * (right - left));
        for (var c = 0; c < columns; c += V.Count)
        {
            var sum = V.Zero;
            for (var i = top; i < bottom; i++)
            {
                for (var j = left; j < right; j++)
                {
                    sum += Lanes.Load<V>(x.Row((((image * finalSide) + i) * finalSide) + j) + c, columns - c);
                }
            }

            Lanes.Store(y + c, sum / divisor, columns - c);
        }
    }

    private (int First, int End) Covered(int cell)
        => (cell * finalSide / side, (((cell + 1) * finalSide) + side - 1) / side);
}
