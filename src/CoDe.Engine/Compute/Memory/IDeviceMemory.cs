namespace CoDe.Engine.Compute.Memory;

/// <summary>Source of the blocks of a device's arenas.</summary>
internal interface IDeviceMemory
{
    /// <summary>Bytes: memory of a block is handed out at multiples of this.</summary>
    int Alignment { get; }

    /// <summary>Bytes of a block of scratch at least.</summary>
    long ScratchBlock { get; }

    /// <summary>Memory of zeroes.</summary>
    MemoryBlock Allocate(long elements, ElementType type);

    /// <summary>Elements between rows where the device chooses the stride, at least the columns.</summary>
    int RowStride(int columns, ElementType type);
}
