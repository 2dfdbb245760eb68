namespace CoDe.Engine.Compute.Cpu.Kernels;

/// <summary>Tables that rows are gathered from.</summary>
internal static unsafe class Tables
{
    /// <summary>
    /// Index of the entry for a row of the destination, row-major over the indices' own rows and columns.
    /// </summary>
    public static int Entry(CpuTensor indices, int row)
    {
        var (outer, inner) = Math.DivRem(row, indices.Columns);
        return ((int*)indices.Address)[((nint)outer * indices.Stride) + inner];
    }
}

/// <summary>y[row] = table[indices[row]].</summary>
internal readonly unsafe struct Gather(CpuTensor table, CpuTensor indices) : IRowOperator
{
    public void Apply(float* y, int row, int columns)
        => new ReadOnlySpan<float>(table.Row(Tables.Entry(indices, row)), columns).CopyTo(new Span<float>(y, columns));
}

/// <summary>Takes rows from a table of bfloat16.</summary>
internal readonly unsafe struct GatherExpanded(CpuTensor table, CpuTensor indices) : IRowOperator
{
    public void Apply(float* y, int row, int columns)
        => BFloat16.Expand(table.HalfRow(Tables.Entry(indices, row)), y, columns);
}
