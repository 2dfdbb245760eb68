namespace CoDe.Engine.Compute;

/// <summary>Memory of a device in one piece, of one element type.</summary>
public abstract class MemoryBlock(ElementType type, long elements) : IDisposable
{
    public ElementType Type { get; } = type;

    public long Elements { get; } = elements;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
