namespace CoDe.Compute;

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

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract nint Reserve(long bytes);

    protected abstract void Dispose(bool disposing);
}
