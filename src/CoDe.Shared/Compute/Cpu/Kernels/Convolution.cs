using CoDe.Compute.Cpu.Simd;

namespace CoDe.Compute.Cpu.Kernels;

/// <summary>
/// A square convolution of NHWC maps as a product without the blown-up matrix: a band of input lines is copied once, with its zero border,
/// and the register tile then walks it tap by tap. Border, stride and twofold enlargement are all in that copy.
/// </summary>
internal static unsafe class Convolution<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>Floats of a band: with a weight panel beside it, about the second-level cache.</summary>
    private const int BandFloats = 160 * 1024;

    public static void Run<TEpilogue>(
        ThreadTeam team, Tensor y, Tensor x, in PackedMatrix weights, int kernel, int height, int width, ConvolutionWalk walk, TEpilogue epilogue)
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var geometry = new Geometry(kernel, height, width, x.Columns, walk);
        var images = x.Rows / (height * width);
        var lines = geometry.LinesPerBand(BandFloats);
        var bands = (geometry.OutputHeight + lines - 1) / lines;
        var panels = (weights.Outputs + (2 * V.Count) - 1) / (2 * V.Count);
        var panelTasks = Math.Min(panels, Math.Max(1, team.Count * 4 / (bands * images)));
        var job = new Job<TEpilogue>(y, x, weights, geometry, epilogue, lines, bands, panels, panelTasks);
        team.Run(ref job, images * bands * panelTasks);
    }

    private readonly struct Geometry(int kernel, int height, int width, int channels, ConvolutionWalk walk)
    {
        public int Kernel => kernel;

        public int Channels => channels;

        public int Stride => walk == ConvolutionWalk.HalveSize ? 2 : 1;

        public int OutputHeight => Output(height);

        public int OutputWidth => Output(width);

        /// <summary>Columns of a band: all that the taps of an output line touch.</summary>
        public int BandWidth => ((OutputWidth - 1) * Stride) + kernel;

        public int Height => height;

        public int Width => width;

        private int Before => walk == ConvolutionWalk.HalveSize ? 0 : kernel / 2;

        private int Repeat => walk == ConvolutionWalk.DoubleSize ? 2 : 1;

        public int BandLines(int outputLines) => ((outputLines - 1) * Stride) + kernel;

        public int LinesPerBand(int floats)
        {
            var perLine = Math.Max(1, BandWidth * channels * Stride);
            return Math.Clamp((floats / perLine) - kernel + 1, 1, OutputHeight);
        }

        /// <summary>Input line (or column) of a line (or column) of the enlarged map counted from the band's border, -1 outside.</summary>
        public int Source(int bordered, int size)
        {
            var index = bordered - Before;
            return index < 0 || index >= size * Repeat ? -1 : index / Repeat;
        }

        private int Output(int size) => walk switch
        {
            ConvolutionWalk.HalveSize => size / 2,
            ConvolutionWalk.DoubleSize => size * 2,
            _ => size,
        };
    }

    private readonly struct Job<TEpilogue>(
        Tensor y, Tensor x, PackedMatrix weights, Geometry geometry, TEpilogue epilogue, int lines, int bands, int panels, int panelTasks) : IJob
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (place, part) = Math.DivRem(task, panelTasks);
            var (image, bandIndex) = Math.DivRem(place, bands);
            var firstLine = bandIndex * lines;
            var count = Math.Min(lines, geometry.OutputHeight - firstLine);
            var band = scratch.Floats((long)geometry.BandLines(lines) * geometry.BandWidth * geometry.Channels);
            CopyBand(band, image, firstLine * geometry.Stride, geometry.BandLines(count));
            var lastPanel = (part + 1) * panels / panelTasks;
            for (var panel = part * panels / panelTasks; panel < lastPanel; panel++)
            {
                Multiply(band, image, firstLine, count, panel);
            }
        }

        private void CopyBand(float* band, int image, int firstLine, int count)
        {
            var channels = geometry.Channels;
            for (var line = 0; line < count; line++)
            {
                var source = geometry.Source(firstLine + line, geometry.Height);
                for (var column = 0; column < geometry.BandWidth; column++, band += channels)
                {
                    var from = geometry.Source(column, geometry.Width);
                    var destination = new Span<float>(band, channels);
                    if (source < 0 || from < 0)
                    {
                        destination.Clear();
                    }
                    else
                    {
                        new ReadOnlySpan<float>(x.Row((((image * geometry.Height) + source) * geometry.Width) + from), channels).CopyTo(destination);
                    }
                }
            }
        }

        private void Multiply(float* band, int image, int firstLine, int count, int panel)
        {
            var tile = stackalloc float[V.TileRows * 2 * V.Count];
            var taps = geometry.Kernel * geometry.Kernel;
            var offsets = stackalloc nint[taps];
            for (var tap = 0; tap < taps; tap++)
            {
                var (down, across) = Math.DivRem(tap, geometry.Kernel);
                offsets[tap] = (nint)((down * geometry.BandWidth) + across) * geometry.Channels * sizeof(float);
            }

            var pixel = (nint)geometry.Channels * geometry.Stride;
            var columns = Math.Min(2 * V.Count, weights.Outputs - (panel * 2 * V.Count));
            for (var line = 0; line < count; line++)
            {
                var left = band + ((nint)line * geometry.Stride * geometry.BandWidth * geometry.Channels);
                var row = ((image * geometry.OutputHeight) + firstLine + line) * geometry.OutputWidth;
                for (var across = 0; across < geometry.OutputWidth; across += V.TileRows)
                {
                    var rows = Math.Min(V.TileRows, geometry.OutputWidth - across);
                    RegisterTile<V, Float32Panel<V>>.Multiply(
                        tile, rows, left + (across * pixel), pixel * sizeof(float), offsets, taps, geometry.Channels, weights.Panel(panel));
                    Linear<V>.Finish(tile, y, weights.Bias, row + across, rows, panel * 2 * V.Count, columns, epilogue);
                }
            }
        }
    }
}
