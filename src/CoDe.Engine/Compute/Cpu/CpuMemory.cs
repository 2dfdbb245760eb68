using System.Runtime.InteropServices;
using CoDe.Engine.Compute.Cpu.Native;
using CoDe.Engine.Compute.Memory;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>
/// Native memory, 64-byte aligned so that a register never straddles a cache line. The system zeroes large blocks and
/// backs them with memory only when they are written.
/// </summary>
internal sealed class CpuMemory : IDeviceMemory
{
    /// <summary>
    /// Row distance in bytes whose multiples map to few sets of the first-level cache, so that a tile evicts itself.
    /// </summary>
    private const int Crowding = 1024;

    public int Alignment => 64;

    public long ScratchBlock => 256 << 20;

    public MemoryBlock Allocate(long bytes) => new NativeBlock(bytes, Alignment);

    /// <summary>Columns, and a cache line more where rows would crowd.</summary>
    public int RowStride(int columns)
        => columns * sizeof(float) % Crowding == 0 ? columns + (Alignment / sizeof(float)) : columns;
}

internal sealed unsafe class NativeBlock : MemoryBlock
{
    private void* _memory;

    public NativeBlock(long bytes, int alignment)
        : this(NativeMemory.AllocZeroed((nuint)(bytes + alignment)), bytes, alignment)
    {
    }

    private NativeBlock(void* memory, long bytes, int alignment)
        : base(((nint)memory + alignment - 1) & -alignment, bytes)
    {
        _memory = memory;
        LargePages.Advise((nint)memory, (nint)bytes);
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
