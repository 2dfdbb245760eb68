namespace CoDe.Engine.Compute;

/// <summary>
/// One tensor of a checkpoint, read in pieces while a device packs it, so that loading never holds a model twice.
/// Row-major.
/// </summary>
public abstract class WeightSource(string name, ElementType type, IReadOnlyList<int> shape) : IDisposable
{
    /// <summary>The parameter's name in the checkpoint.</summary>
    public string Name { get; } = name;

    public ElementType Type { get; } = type;

    public IReadOnlyList<int> Shape { get; } = shape;

    /// <summary>Number of elements.</summary>
    public long Count { get; } = shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>
    /// Reads elements [start, start + destination.Length) as float32. Several threads may read at once.
    /// </summary>
    public abstract void Read(long start, Span<float> destination);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <exception cref="ArgumentOutOfRangeException">Elements are not all in the tensor.</exception>
    protected void CheckRange(long start, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - start);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
