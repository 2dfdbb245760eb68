using CoDe.Engine.Compute.Cpu.Kernels;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>Copies rows between a tensor and contiguous values.</summary>
internal static unsafe class CpuTransfer
{
    /// <summary>Copies numbers into a tensor of float32 or bfloat16.</summary>
    public static void Upload(CpuTensor y, ReadOnlySpan<float> values)
    {
        if (y.Type != ElementType.BFloat16)
        {
            Upload<float>(y, values);
            return;
        }

        fixed (float* first = values)
        {
            for (var row = 0; row < y.Rows; row++)
            {
                BFloat16.Round(first + ((nint)row * y.Columns), y.HalfRow(row), y.Columns);
            }
        }
    }

    /// <summary>Copies a tensor of float32 or bfloat16.</summary>
    public static void Download(Span<float> values, CpuTensor x)
    {
        if (x.Type != ElementType.BFloat16)
        {
            Download<float>(values, x);
            return;
        }

        fixed (float* first = values)
        {
            for (var row = 0; row < x.Rows; row++)
            {
                BFloat16.Expand(x.HalfRow(row), first + ((nint)row * x.Columns), x.Columns);
            }
        }
    }

    public static void Upload<T>(CpuTensor y, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        for (var row = 0; row < y.Rows; row++)
        {
            values.Slice(row * y.Columns, y.Columns).CopyTo(Row<T>(y, row));
        }
    }

    public static void Download<T>(Span<T> values, CpuTensor x)
        where T : unmanaged
    {
        for (var row = 0; row < x.Rows; row++)
        {
            Row<T>(x, row).CopyTo(values[(row * x.Columns)..]);
        }
    }

    private static Span<T> Row<T>(CpuTensor tensor, int row)
        where T : unmanaged
        => new((T*)tensor.Address + ((nint)row * tensor.Stride), tensor.Columns);
}
