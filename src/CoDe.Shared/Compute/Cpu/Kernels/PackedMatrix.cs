using CoDe.Compute.Cpu.Simd;

namespace CoDe.Compute.Cpu.Kernels;

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

    /// <summary>Packs a matrix that <paramref name="read"/> yields row by row, one row of <paramref name="inputs"/> an output.</summary>
    public static PackedMatrix Pack<V, TPanel>(Arena arena, int outputs, int inputs, ReadOnlySpan<float> bias, Action<int, float[]> read)
        where V : unmanaged, ISimd<V>
        where TPanel : unmanaged, IPanel<V>
    {
        var width = 2 * V.Count;
        var count = (outputs + width - 1) / width;
        var panelBytes = (nint)TPanel.Step * inputs;
        var panels = arena.Allocate(count, checked((int)panelBytes), ElementType.UInt8);
        var padded = arena.Allocate(1, count * width);
        bias.CopyTo(new Span<float>((float*)padded.Address, outputs));

        var rows = new float[width][];
        for (var lane = 0; lane < width; lane++)
        {
            rows[lane] = new float[inputs];
        }

        for (var panel = 0; panel < count; panel++)
        {
            for (var lane = 0; lane < width; lane++)
            {
                if ((panel * width) + lane < outputs)
                {
                    read((panel * width) + lane, rows[lane]);
                }
                else
                {
                    Array.Clear(rows[lane]);
                }
            }

            Interleave<V, TPanel>((byte*)panels.Address + (panel * panelBytes), rows, inputs);
        }

        return new PackedMatrix(panels.Address, count, panelBytes, padded.Address, outputs);
    }

    private static void Interleave<V, TPanel>(byte* destination, float[][] rows, int inputs)
        where V : unmanaged, ISimd<V>
        where TPanel : unmanaged, IPanel<V>
    {
        var weights = stackalloc float[2 * V.Count];
        for (var input = 0; input < inputs; input++, destination += TPanel.Step)
        {
            for (var lane = 0; lane < rows.Length; lane++)
            {
                weights[lane] = rows[lane][input];
            }

            TPanel.Store(destination, weights);
        }
    }
}
