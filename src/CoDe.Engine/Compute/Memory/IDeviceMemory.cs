namespace CoDe.Engine.Compute.Memory;

/// <summary>Source of the blocks of a device's arenas.</summary>
internal interface IDeviceMemory
{
    /// <summary>Bytes: what lies in a block begins at a multiple of this.</summary>
    int Alignment { get; }

    /// <summary>Bytes of a block of scratch at least.</summary>
    long ScratchBlock { get; }

    /// <summary>Memory of zeroes.</summary>
    MemoryBlock Allocate(long bytes);

    /// <summary>Elements between rows where the device chooses the stride, at least the columns.</summary>
    int RowStride(int columns);
}

/// <summary>Memory of a device in one piece.</summary>
internal abstract class MemoryBlock(nint address, long bytes) : IDisposable
{
    public nint Address { get; } = address;

    public long Bytes { get; } = bytes;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
