using System.Runtime.ExceptionServices;

namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>A weight in panels, with its bias padded to whole panels.</summary>
/// <param name="panels">Address of the first panel.</param>
/// <param name="panelBytes">Bytes from a panel to the next.</param>
/// <param name="bias">Address of the bias.</param>
internal readonly unsafe struct PackedMatrix(nint panels, int panelCount, nint panelBytes, nint bias, int outputs)
{
    public int Outputs => outputs;

    public int PanelCount => panelCount;

    public float* Bias => (float*)bias;

    public byte* Panel(int index) => (byte*)(panels + (index * panelBytes));

    /// <summary>
    /// Packs a matrix that <paramref name="read"/> yields row by row, on any thread of the team; each output is a row
    /// of <paramref name="inputs"/>.
    /// </summary>
    public static PackedMatrix Pack<TPanel>(
        ThreadTeam team, Arena arena, int outputs, int inputs, ReadOnlySpan<float> bias, RowReader read)
        where TPanel : IPanelLayout
    {
        var width = TPanel.Width;
        var count = (outputs + width - 1) / width;
        var panelBytes = (nint)TPanel.Step * inputs;
        CpuTensor panels = arena.Allocate(count, checked((int)panelBytes), ElementType.UInt8);
        CpuTensor padded = arena.Allocate(1, count * width);
        bias.CopyTo(new Span<float>((float*)padded.Address, outputs));
        var matrix = new PackedMatrix(panels.Address, count, panelBytes, padded.Address, outputs);
        var failure = new Failure();
        var job = new Packing<TPanel>(matrix, inputs, read, failure);
        team.Run(ref job, count);
        failure.Throw();
        return matrix;
    }

    /// <summary>
    /// Packs one panel a task. A reader's exception is kept for the caller: on a worker's thread it would end the
    /// process.
    /// </summary>
    private readonly struct Packing<TPanel>(PackedMatrix matrix, int inputs, RowReader read, Failure failure) : IJob
        where TPanel : IPanelLayout
    {
        public void Execute(int task, WorkerScratch scratch)
        {
            var width = TPanel.Width;
            var rows = scratch.Floats((long)width * inputs);
            try
            {
                for (var lane = 0; lane < width; lane++)
                {
                    var row = new Span<float>(rows + ((nint)lane * inputs), inputs);
                    if ((task * width) + lane < matrix.Outputs)
                    {
                        read((task * width) + lane, row);
                    }
                    else
                    {
                        row.Clear();
                    }
                }
            }
            catch (Exception error)
            {
                failure.Keep(error);
                return;
            }

            TPanel.Interleave(matrix.Panel(task), rows, inputs);
        }
    }

    private sealed class Failure
    {
        private ExceptionDispatchInfo? _first;

        public void Keep(Exception error)
            => Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(error), null);

        public void Throw() => _first?.Throw();
    }
}
