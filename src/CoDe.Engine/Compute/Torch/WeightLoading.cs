using CoDe.Engine.Compute.Torch.Native;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Moves weights from checkpoints to a device.</summary>
internal static class WeightLoading
{
    /// <summary>Elements read at a time: 16 MiB of float32.</summary>
    private const int ChunkElements = 4 << 20;

    /// <summary>Copies a (rows, columns) weight, some rows at a time, rounded to the destination's type.</summary>
    public static unsafe void Load(Tensor destination, WeightSource source)
    {
        var rows = Math.Clamp(ChunkElements / Math.Max(1, destination.Columns), 1, Math.Max(1, destination.Rows));
        var values = new float[rows * destination.Columns];
        fixed (float* first = values)
        {
            for (var row = 0; row < destination.Rows; row += rows)
            {
                var part = destination.RowRange(row, Math.Min(rows, destination.Rows - row));
                var count = part.Rows * part.Columns;
                source.Read((long)row * destination.Columns, values.AsSpan(0, count));
                using var stored = BorrowedMemory.AsTensor((nint)first, count, torch.ScalarType.Float32);
                using var matrix = stored.view(part.Rows, part.Columns);
                part.Matrix().copy_(matrix);
            }
        }
    }

    /// <summary>Copies values, row-major, rounded to the destination's type.</summary>
    public static void Load(Tensor destination, ReadOnlySpan<float> values)
    {
        using var stored = torch.tensor(values.ToArray(), destination.Rows, destination.Columns);
        destination.Matrix().copy_(stored);
    }

    /// <summary>Loads (outputs, inputs, kernel, kernel) kernels, blended with the identity, channels last.</summary>
    public static void LoadKernels(Tensor destination, WeightSource source, float blend)
    {
        var (inputs, taps) = (source.Shape[1], source.Shape[2] * source.Shape[3]);
        var (values, ordered) = (new float[inputs * taps], new float[inputs * taps]);
        for (var output = 0; output < destination.Rows; output++)
        {
            source.Read((long)output * values.Length, values);
            for (var input = 0; input < inputs; input++)
            {
                var kernel = values.AsSpan(input * taps, taps);
                IdentityBlend.OfKernel(kernel, blend, input == output);
                for (var tap = 0; tap < taps; tap++)
                {
                    ordered[(tap * inputs) + input] = kernel[tap];
                }
            }

            Load(destination.RowRange(output, 1), ordered);
        }
    }
}
