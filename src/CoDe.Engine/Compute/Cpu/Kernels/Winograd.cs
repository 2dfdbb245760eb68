using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// 3x3 convolution of NHWC maps with a quarter of the multiplications: patches of the input are transformed, multiplied
/// point by point as 36 products of (patches, inputs) and (inputs, outputs), and transformed back. A block of patches
/// is processed at a time, so that it stays in the cache.
/// </summary>
internal static unsafe class Winograd<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>
    /// Floats of the transformed patches of a task; they leave room for the weights in the second-level cache.
    /// </summary>
    private const int TaskFloats = 160 * 1024;

    public static void Run<TEpilogue>(
        ThreadTeam team, CpuTensor y, CpuTensor x, in PackedMatrix weights, int height, int width, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var (down, across) = (Patches(height), Patches(width));
        var patches = down * across * (x.Rows / (height * width));
        var block = Math.Max(V.TileRows, TaskFloats / (WinogradTransform.Points * x.Columns) / V.TileRows * V.TileRows);
        var blocks = (patches + block - 1) / block;
        var panels = weights.PanelCount;
        var panelTasks = Math.Min(panels, Math.Max(1, team.Count * 2 / blocks));
        var job = new Job<TEpilogue>(
            y, x, weights, height, width, down, across, patches, block, panels, panelTasks, epilogue);
        team.Run(ref job, blocks * panelTasks);

        static int Patches(int side) => (side + WinogradTransform.Outputs - 1) / WinogradTransform.Outputs;
    }

    private readonly struct Job<TEpilogue>(
        CpuTensor y, CpuTensor x, PackedMatrix weights, int height, int width,
        int down, int across, int patches, int block, int panels, int panelTasks,
        TEpilogue epilogue) : IJob
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (blockIndex, part) = Math.DivRem(task, panelTasks);
            var first = blockIndex * block;
            var count = Math.Min(block, patches - first);
            var channels = (x.Columns + V.Count - 1) / V.Count * V.Count;
            var points = scratch.Floats(WinogradTransform.Points * (long)block * (channels + (2 * V.Count)));
            var products = points + ((nint)WinogradTransform.Points * block * channels);
            for (var patch = 0; patch < count; patch++)
            {
                ReadPatch(points + ((nint)patch * channels), (nint)block * channels, first + patch);
            }

            for (var panel = part * panels / panelTasks; panel < (part + 1) * panels / panelTasks; panel++)
            {
                Multiply(products, points, channels, count, panel);
                for (var patch = 0; patch < count; patch++)
                {
                    WritePatch(products + ((nint)patch * 2 * V.Count), first + patch, panel * 2 * V.Count);
                }
            }
        }

        /// <summary>The place of a patch's first output.</summary>
        private (int Image, int Line, int Column) Place(int patch)
        {
            var (row, column) = Math.DivRem(patch, across);
            var (image, line) = Math.DivRem(row, down);
            return (image, line * WinogradTransform.Outputs, column * WinogradTransform.Outputs);
        }

        /// <summary>points[point][patch] = B^T d B, some channels at a time.</summary>
        private void ReadPatch(float* points, nint pointStride, int patch)
        {
            var (image, line, column) = Place(patch);
            var inputs = stackalloc float*[WinogradTransform.Points];
            for (var point = 0; point < WinogradTransform.Points; point++)
            {
                var l = line - 1 + (point / WinogradTransform.Inputs);
                var c = column - 1 + (point % WinogradTransform.Inputs);
                var isOutside = l < 0 || l >= height || c < 0 || c >= width;
                inputs[point] = isOutside ? null : x.Row((((image * height) + l) * width) + c);
            }

            var d = stackalloc V[WinogradTransform.Points];
            for (var channel = 0; channel < x.Columns; channel += V.Count)
            {
                for (var point = 0; point < WinogradTransform.Points; point++)
                {
                    d[point] = inputs[point] is null
                        ? V.Zero
                        : Lanes.Load<V>(inputs[point] + channel, x.Columns - channel);
                }

                for (var i = 0; i < WinogradTransform.Inputs; i++)
                {
                    WinogradTransform.OfInputs(
                        ref d[i], ref d[i + 6], ref d[i + 12], ref d[i + 18], ref d[i + 24], ref d[i + 30]);
                }

                for (var i = 0; i < WinogradTransform.Points; i += WinogradTransform.Inputs)
                {
                    WinogradTransform.OfInputs(
                        ref d[i], ref d[i + 1], ref d[i + 2], ref d[i + 3], ref d[i + 4], ref d[i + 5]);
                }

                for (var point = 0; point < WinogradTransform.Points; point++)
                {
                    V.Store(points + (point * pointStride) + channel, d[point]);
                }
            }
        }

        /// <summary>products[point] = points[point] x panel[point]</summary>
        private void Multiply(float* products, float* points, int channels, int count, int panel)
        {
            nint offset = 0;
            for (var point = 0; point < WinogradTransform.Points; point++)
            {
                RegisterTile<V, Float32Panel<V>>.Multiply(
                    products + ((nint)point * block * 2 * V.Count), 2 * V.Count, count,
                    points + ((nint)point * block * channels), (nint)channels * sizeof(float),
                    &offset, 1, x.Columns, weights.Panel(panel) + ((nint)point * x.Columns * Float32Panel<V>.Step));
            }
        }

        /// <summary>y = epilogue(A^T m A + b)</summary>
        private void WritePatch(float* products, int patch, int firstChannel)
        {
            var (image, line, column) = Place(patch);
            var m = stackalloc V[WinogradTransform.Points];
            var endChannel = Math.Min(firstChannel + (2 * V.Count), weights.Outputs);
            for (var channel = firstChannel; channel < endChannel; channel += V.Count, products += V.Count)
            {
                for (var point = 0; point < WinogradTransform.Points; point++)
                {
                    m[point] = V.Load(products + ((nint)point * block * 2 * V.Count));
                }

                for (var i = 0; i < WinogradTransform.Inputs; i++)
                {
                    WinogradTransform.OfProducts(
                        ref m[i], ref m[i + 6], ref m[i + 12], ref m[i + 18], m[i + 24], m[i + 30]);
                }

                var lines = Math.Min(height - line, WinogradTransform.Outputs);
                var columns = Math.Min(width - column, WinogradTransform.Outputs);
                var lanes = weights.Outputs - channel;
                for (var l = 0; l < lines; l++)
                {
                    var row = m + (l * WinogradTransform.Inputs);
                    WinogradTransform.OfProducts(ref row[0], ref row[1], ref row[2], ref row[3], row[4], row[5]);
                    for (var c = 0; c < columns; c++)
                    {
                        var pixel = (((image * height) + line + l) * width) + column + c;
                        var destination = y.Row(pixel) + channel;
                        var sum = row[c] + V.Load(weights.Bias + channel);
                        Lanes.Store(destination, epilogue.Apply(sum, destination, pixel, channel, lanes), lanes);
                    }
                }
            }
        }
    }
}
