namespace CoDe.Engine.Compute.Memory;

/// <summary>Where the blocks of a device's arenas come from.</summary>
internal interface IDeviceMemory
{
    /// <summary>Bytes: what lies in a block begins at a multiple of this.</summary>
    int Alignment { get; }

    /// <summary>Bytes of a block of scratch at least.</summary>
    long ScratchBlock { get; }

    /// <summary>Memory of zeroes.</summary>
    MemoryBlock Allocate(long bytes);

    /// <summary>Numbers from a row to the next where rows are spaced as suits the device, at least the columns.</summary>
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
