using CoDe.Engine.Compute.Cpu.Simd;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>
/// Square convolution of NHWC maps as a matrix product without the im2col matrix: a band of input lines is copied once,
/// with its zero border, and the register tile walks it tap by tap.
/// </summary>
/// <remarks>
/// In an input enlarged twofold, three neighbours of an output are only two of the input; which two depends on whether
/// its line and column are even. So there are four convolutions of 2x2, each for a quarter of the outputs, whose
/// weights were added up when packed.
/// </remarks>
internal static unsafe class Convolution<V>
    where V : unmanaged, ISimd<V>
{
    /// <summary>Floats of a band: with a weight panel beside it, about the second-level cache.</summary>
    private const int BandFloats = 160 * 1024;

    public static void Run<TTile, TEpilogue>(
        ThreadTeam team, CpuTensor y, CpuTensor x, in PackedMatrix weights, int kernel,
        int height, int width, ConvolutionWalk walk, TTile tile, TEpilogue epilogue)
        where TTile : struct, IMapTile
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        var geometry = new Geometry(kernel, height, width, x.Columns, walk);
        var images = x.Rows / (height * width);
        var lines = geometry.LinesPerBand(BandFloats);
        var bands = (geometry.Lines + lines - 1) / lines;
        var panels = weights.PanelCount;
        var panelTasks = Math.Min(panels, Math.Max(1, team.Count * 4 / (bands * images)));
        var job = new Job<TTile, TEpilogue>(y, x, weights, geometry, tile, epilogue, lines, bands, panels, panelTasks);
        team.Run(ref job, images * bands * panelTasks);
    }

    /// <summary>
    /// Positions of the kernel: lines and columns of the output, or of the input where it is enlarged.
    /// </summary>
    private readonly struct Geometry(int kernel, int height, int width, int channels, ConvolutionWalk walk)
    {
        public int Channels => channels;

        public int Stride => walk == ConvolutionWalk.HalveSize ? 2 : 1;

        public int Lines => height / Stride;

        public int Columns => width / Stride;

        public int Height => height;

        public int Width => width;

        /// <summary>Outputs a line and a column make, each by a pass of its own.</summary>
        public int Repeat => walk == ConvolutionWalk.DoubleSize ? 2 : 1;

        public int Passes => Repeat * Repeat;

        /// <summary>Taps of a pass.</summary>
        public int Taps => TapsAcross * TapsAcross;

        /// <summary>Columns of a band: all that the taps of a line touch.</summary>
        public int BandWidth => BandLines(Columns);

        private int TapsAcross => walk == ConvolutionWalk.DoubleSize ? 2 : kernel;

        private int Before => walk == ConvolutionWalk.HalveSize ? 0 : kernel / 2;

        public int BandLines(int lines) => ((lines - 1) * Stride) + kernel;

        public int LinesPerBand(int floats)
        {
            var perLine = Math.Max(1, BandWidth * channels * Stride);
            return Math.Clamp((floats / perLine) - kernel + 1, 1, Lines);
        }

        /// <summary>Input line (or column) of a line (or column) counted from the band's border, -1 outside.</summary>
        public int Source(int bordered, int size)
        {
            var index = bordered - Before;
            return index < 0 || index >= size ? -1 : index;
        }

        /// <summary>Numbers from where the kernel is put down in a band to what a tap reads.</summary>
        public nint TapOffset(int pass, int tap)
        {
            var ((passDown, passAcross), (down, across)) = (Math.DivRem(pass, Repeat), Math.DivRem(tap, TapsAcross));
            return (nint)(((passDown + down) * BandWidth) + passAcross + across) * channels;
        }

        /// <summary>The outputs of a line that a pass makes.</summary>
        public CpuTensor Output(CpuTensor y, int image, int line, int pass)
        {
            var (down, across) = Math.DivRem(pass, Repeat);
            var first = (((image * Lines) + line) * Repeat) + down;
            return y.EveryRow((first * Columns * Repeat) + across, Repeat, Columns);
        }
    }

    private readonly struct Job<TTile, TEpilogue>(
        CpuTensor y, CpuTensor x, PackedMatrix weights, Geometry geometry, TTile product,
        TEpilogue epilogue, int lines, int bands, int panels, int panelTasks) : IJob
        where TTile : struct, IMapTile
        where TEpilogue : unmanaged, IEpilogue<V>
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var (place, part) = Math.DivRem(task, panelTasks);
            var (image, bandIndex) = Math.DivRem(place, bands);
            var firstLine = bandIndex * lines;
            var count = Math.Min(lines, geometry.Lines - firstLine);
            var band = (byte*)scratch.Floats((long)geometry.BandLines(lines) * geometry.BandWidth * geometry.Channels);
            CopyBand(band, image, firstLine * geometry.Stride, geometry.BandLines(count));
            var offsets = stackalloc nint[geometry.Taps];
            for (var panel = part * panels / panelTasks; panel < (part + 1) * panels / panelTasks; panel++)
            {
                for (var pass = 0; pass < geometry.Passes; pass++)
                {
                    for (var tap = 0; tap < geometry.Taps; tap++)
                    {
                        offsets[tap] = geometry.TapOffset(pass, tap) * TTile.ElementBytes;
                    }

                    Multiply(band, image, firstLine, count, panel, pass, offsets);
                }
            }
        }

        private void CopyBand(byte* band, int image, int firstLine, int count)
        {
            var channels = geometry.Channels;
            for (var line = 0; line < count; line++)
            {
                var source = geometry.Source(firstLine + line, geometry.Height);
                for (var column = 0; column < geometry.BandWidth; column++, band += channels * TTile.ElementBytes)
                {
                    var from = geometry.Source(column, geometry.Width);
                    if (source < 0 || from < 0)
                    {
                        new Span<byte>(band, channels * TTile.ElementBytes).Clear();
                    }
                    else
                    {
                        var pixel = (((image * geometry.Height) + source) * geometry.Width) + from;
                        product.Copy(band, x.Row(pixel), channels);
                    }
                }
            }
        }

        private void Multiply(byte* band, int image, int firstLine, int count, int panel, int pass, nint* offsets)
        {
            var tile = stackalloc float[V.TileRows * 2 * V.Count];
            var pixel = (nint)geometry.Channels * geometry.Stride * TTile.ElementBytes;
            var column = panel * 2 * V.Count;
            var columns = Math.Min(2 * V.Count, weights.Outputs - column);
            var kernel = weights.Panel(panel) + ((nint)pass * geometry.Taps * geometry.Channels * TTile.Step);
            for (var line = 0; line < count; line++)
            {
                var left = band + ((nint)line * geometry.BandWidth * pixel);
                var output = geometry.Output(y, image, firstLine + line, pass);
                for (var across = 0; across < geometry.Columns; across += V.TileRows)
                {
                    var rows = Math.Min(V.TileRows, geometry.Columns - across);
                    product.Multiply(
                        tile, rows, left + (across * pixel), pixel, offsets, geometry.Taps, geometry.Channels, kernel);
                    Linear<V>.Finish(tile, output, weights.Bias, across, rows, column, columns, epilogue);
                }
            }
        }
    }
}
