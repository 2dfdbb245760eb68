namespace CoDe.Engine.Compute.Cpu;

/// <summary>Copies rows between a tensor and contiguous values.</summary>
internal static unsafe class CpuTransfer
{
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
