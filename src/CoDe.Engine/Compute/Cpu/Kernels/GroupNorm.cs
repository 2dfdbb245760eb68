using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Group norm over 32 groups of channels of NHWC maps, eps 1e-6, with optional SiLU. A map is cut into chunks of a
/// fixed number of pixels. Each yields a mean and a sum of squares about it for every channel; these are merged in
/// order, so neither the number of threads nor the batch changes a bit.
/// </summary>
internal static unsafe class GroupNorm<V>
    where V : unmanaged, ISimd<V>
{
    private const int Groups = 32;
    private const int ChunkPixels = 128;
    private const double Epsilon = 1e-6;

    /// <param name="shared">Memory for all workers together: see <see cref="SharedFloats"/>.</param>
    public static void Run(
        ThreadTeam team, WorkerScratch shared,
        CpuTensor y, CpuTensor x, CpuTensor gain, CpuTensor bias, int images, bool silu)
    {
        var pixels = x.Rows / images;
        var chunks = (pixels + ChunkPixels - 1) / ChunkPixels;
        var moments = shared.Floats(SharedFloats(images, chunks, x.Columns));
        var factors = moments + ((nint)images * chunks * 2 * x.Columns);
        var measure = new Measure(x, moments, pixels, chunks);
        team.Run(ref measure, images * chunks);
        var merge = new Merge(moments, factors, gain, bias, pixels, chunks, x.Columns);
        team.Run(ref merge, images);
        var apply = new Normalize(y, x, factors, pixels, chunks, silu);
        team.Run(ref apply, images * chunks);
    }

    private static long SharedFloats(int images, int chunks, int channels)
        => (long)images * (chunks + 1) * 2 * channels;

    /// <summary>
    /// Computes moments (images, chunks, 2, channels): each channel's sum, and its squared differences from the chunk's
    /// mean.
    /// </summary>
    private readonly struct Measure(CpuTensor x, float* moments, int pixels, int chunks) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (image, chunk) = Math.DivRem(task, chunks);
            var first = (image * pixels) + (chunk * ChunkPixels);
            var count = Math.Min(ChunkPixels, pixels - (chunk * ChunkPixels));
            var sums = moments + ((nint)task * 2 * x.Columns);
            var c = 0;
            for (; c <= x.Columns - (4 * V.Count); c += 4 * V.Count)
            {
                MeasureFour(sums + c, x.Row(first) + c, count);
            }

            for (; c < x.Columns; c += V.Count)
            {
                MeasureOne(sums + c, x.Row(first) + c, count, x.Columns - c);
            }
        }

        /// <summary>
        /// Sums columns four registers at a time, so that the second pass finds them in the first-level cache.
        /// </summary>
        private void MeasureFour(float* sums, float* source, int count)
        {
            V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
            var end = source + ((nint)count * x.Stride);
            for (var row = source; row < end; row += x.Stride)
            {
                s0 += V.Load(row);
                s1 += V.Load(row + V.Count);
                s2 += V.Load(row + (2 * V.Count));
                s3 += V.Load(row + (3 * V.Count));
            }

            V rows = V.Broadcast(count), m0 = s0 / rows, m1 = s1 / rows, m2 = s2 / rows, m3 = s3 / rows;
            V q0 = V.Zero, q1 = V.Zero, q2 = V.Zero, q3 = V.Zero;
            for (var row = source; row < end; row += x.Stride)
            {
                q0 = Lanes.AddSquare(q0, V.Load(row) - m0);
                q1 = Lanes.AddSquare(q1, V.Load(row + V.Count) - m1);
                q2 = Lanes.AddSquare(q2, V.Load(row + (2 * V.Count)) - m2);
                q3 = Lanes.AddSquare(q3, V.Load(row + (3 * V.Count)) - m3);
            }

            Store(sums, s0, q0, V.Count);
            Store(sums + V.Count, s1, q1, V.Count);
            Store(sums + (2 * V.Count), s2, q2, V.Count);
            Store(sums + (3 * V.Count), s3, q3, V.Count);
        }

        private void MeasureOne(float* sums, float* source, int count, int lanes)
        {
            var sum = V.Zero;
            var end = source + ((nint)count * x.Stride);
            for (var row = source; row < end; row += x.Stride)
            {
                sum += Lanes.Load<V>(row, lanes);
            }

            var mean = sum / V.Broadcast(count);
            var squares = V.Zero;
            for (var row = source; row < end; row += x.Stride)
            {
                squares = Lanes.AddSquare(squares, Lanes.Load<V>(row, lanes) - mean);
            }

            Store(sums, sum, squares, lanes);
        }

        private void Store(float* sums, V sum, V squares, int lanes)
        {
            Lanes.Store(sums, sum, lanes);
            Lanes.Store(sums + x.Columns, squares, lanes);
        }
    }

    /// <summary>
    /// Computes factors (images, 2, channels) of y = x * factor + offset, merged in float64 as by Chan, Golub and
    /// LeVeque.
    /// </summary>
    private readonly struct Merge(
        float* moments, float* factors, CpuTensor gain, CpuTensor bias, int pixels, int chunks, int channels) : IJob
    {
        public void Execute(int image, WorkerScratch scratch)
        {
            var perGroup = channels / Groups;
            for (var first = 0; first < channels; first += perGroup)
            {
                var (mean, rate) = Statistics(image, first, perGroup);
                for (var c = first; c < first + perGroup; c++)
                {
                    var factor = rate * gain.Row(0)[c];
                    factors[((nint)image * 2 * channels) + c] = (float)factor;
                    factors[((((nint)image * 2) + 1) * channels) + c] = (float)(bias.Row(0)[c] - (mean * factor));
                }
            }
        }

        private (double Mean, double Rate) Statistics(int image, int first, int count)
        {
            var sums = moments + ((nint)image * chunks * 2 * channels);
            var total = 0.0;
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                for (var c = first; c < first + count; c++)
                {
                    total += sums[((nint)chunk * 2 * channels) + c];
                }
            }

            var mean = total / ((double)pixels * count);
            var squares = 0.0;
            for (var chunk = 0; chunk < chunks; chunk++)
            {
                var size = Math.Min(ChunkPixels, pixels - (chunk * ChunkPixels));
                for (var c = first; c < first + count; c++)
                {
                    var difference = (sums[((nint)chunk * 2 * channels) + c] / size) - mean;
                    squares += sums[((((nint)chunk * 2) + 1) * channels) + c] + (size * difference * difference);
                }
            }

            return (mean, 1 / Math.Sqrt((squares / ((double)pixels * count)) + Epsilon));
        }
    }

    private readonly struct Normalize(
        CpuTensor y, CpuTensor x, float* factors, int pixels, int chunks, bool silu) : IJob
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (image, chunk) = Math.DivRem(task, chunks);
            var first = (image * pixels) + (chunk * ChunkPixels);
            var end = Math.Min(first + ChunkPixels, (image + 1) * pixels);
            var factor = factors + ((nint)image * 2 * x.Columns);
            for (var row = first; row < end; row++)
            {
                Row(y.Row(row), x.Row(row), factor, factor + x.Columns);
            }
        }

        private void Row(float* destination, float* source, float* factor, float* offset)
        {
            for (var c = 0; c < x.Columns; c += V.Count)
            {
                var lanes = x.Columns - c;
                var normal = V.MultiplyAdd(
                    Lanes.Load<V>(source + c, lanes), Lanes.Load<V>(factor + c, lanes),
                    Lanes.Load<V>(offset + c, lanes));
                Lanes.Store(destination + c, silu ? Silu<V>.Of(normal) : normal, lanes);
            }
        }
    }
}
