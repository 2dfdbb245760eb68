namespace CoDe.Engine.Compute;

/// <summary>Memory of one owner on a device. Allocated when a session is made, freed with it; nothing is allocated while decoding.</summary>
public abstract class Arena : IDisposable
{
    /// <summary>A (rows, columns) tensor that lives as long as the arena, zero-filled but for scratch.</summary>
    public Tensor Allocate(int rows, int columns, ElementType type = ElementType.Float32)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return new Tensor(Reserve((long)rows * columns * type.Size()), rows, columns, columns, type);
    }

    /// <summary>
    /// Likewise for a matrix that is only taken by rows, whose rows are as far apart as suits the device: between them may be gaps.
    /// </summary>
    public Tensor AllocateRows(int rows, int columns, ElementType type = ElementType.Float32)
    {
        var spaced = Allocate(rows, RowStride(columns), type);
        return spaced.ColumnRange(0, columns);
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract nint Reserve(long bytes);

    /// <summary>Numbers from a row to the next, at least its columns.</summary>
    protected virtual int RowStride(int columns) => columns;

    protected abstract void Dispose(bool disposing);
}
