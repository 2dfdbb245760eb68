namespace CoDe.Engine.Compute;

/// <summary>
/// Memory of one owner on a device. A session allocates it once and frees it at its end; decoding allocates nothing.
/// </summary>
public abstract class Arena : IDisposable
{
    /// <summary>A (rows, columns) tensor that lives as long as the arena, zero-filled but for scratch.</summary>
    public Tensor Allocate(int rows, int columns, ElementType type = ElementType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        var (block, offset) = Reserve((long)rows * columns, type);
        return new Tensor(block, offset, rows, columns, columns, type);
    }

    /// <summary>
    /// Allocates a matrix that is only read by rows. The device chooses the row stride, so there may be gaps between
    /// rows.
    /// </summary>
    public Tensor AllocateRows(int rows, int columns, ElementType type = ElementType.Float32)
    {
        var spaced = Allocate(rows, RowStride(columns, type), type);
        return spaced.ColumnRange(0, columns);
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Memory that nothing else of the arena lies in.</summary>
    /// <returns>A block of the type, and the elements before the memory in it.</returns>
    protected abstract (MemoryBlock Block, long Offset) Reserve(long elements, ElementType type);

    /// <summary>Numbers from a row to the next, at least its columns.</summary>
    protected virtual int RowStride(int columns, ElementType type) => columns;

    protected abstract void Dispose(bool disposing);
}
