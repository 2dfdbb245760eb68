namespace CoDe.Engine.Compute;

/// <summary>
/// View of a device's memory as (rows, columns), row-major with a stride. Activations are (images x positions,
/// channels), which for feature maps is NHWC. A view owns nothing: memory belongs to its <see cref="Arena"/>.
/// </summary>
/// <param name="Block">The memory.</param>
/// <param name="Offset">Elements of the block before element (0, 0).</param>
/// <param name="Stride">Elements from one row to the next.</param>
/// <param name="Type">The element type, which is the block's.</param>
public readonly record struct Tensor(
    MemoryBlock Block, long Offset, int Rows, int Columns, int Stride, ElementType Type)
{
    /// <summary>Rows [start, start + count).</summary>
    public Tensor RowRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)Rows, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(Rows - start), nameof(count));
        return this with { Offset = Offset + ((long)start * Stride), Rows = count };
    }

    /// <summary>Columns [start, start + count) of every row.</summary>
    public Tensor ColumnRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)Columns, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(Columns - start), nameof(count));
        return this with { Offset = Offset + start, Columns = count };
    }

    /// <summary>
    /// Takes every <paramref name="step"/>-th row from <paramref name="start"/>: one position of each sequence.
    /// </summary>
    public Tensor EveryRow(int start, int step) => this with
    {
        Offset = Offset + ((long)start * Stride),
        Rows = (Rows - start + step - 1) / step,
        Stride = Stride * step,
    };

    /// <summary>A (rows, columns) view of contiguous memory from element <paramref name="offset"/> on.</summary>
    public Tensor Part(long offset, int rows, int columns)
    {
        if (Stride != Columns || offset < 0 || offset + ((long)rows * columns) > (long)Rows * Columns)
        {
            throw new ArgumentException(
                $"({rows}, {columns}) at {offset} does not lie in contiguous ({Rows}, {Columns}).");
        }

        return new Tensor(Block, Offset + offset, rows, columns, columns, Type);
    }
}
