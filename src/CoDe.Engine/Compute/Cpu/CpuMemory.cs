using CoDe.Engine.Compute.Memory;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>Memory of the process.</summary>
internal sealed class CpuMemory : IDeviceMemory
{
    /// <summary>
    /// Row distance in bytes whose multiples map to few sets of the first-level cache, so that a tile evicts itself.
    /// </summary>
    private const int Crowding = 1024;

    public int Alignment => NativeBlock.Alignment;

    public long ScratchBlock => 256 << 20;

    public MemoryBlock Allocate(long elements, ElementType type) => new NativeBlock(elements, type);

    /// <summary>Columns, and a cache line more where rows would crowd.</summary>
    public int RowStride(int columns, ElementType type)
        => columns * type.Size() % Crowding == 0 ? columns + (Alignment / type.Size()) : columns;
}
