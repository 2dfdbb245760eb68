using System.Runtime.InteropServices;
using CoDe.Compute.Cpu.Native;

namespace CoDe.Compute.Cpu;

/// <summary>Memory that is freed with the arena.</summary>
internal sealed class CpuArena : Arena
{
    private readonly List<NativeBlock> _blocks = [];

    protected override nint Reserve(long bytes)
    {
        var block = new NativeBlock(bytes);
        _blocks.Add(block);
        return block.Address;
    }

    protected override int RowStride(int columns) => NativeBlock.RowStride(columns);

    protected override void Dispose(bool disposing)
    {
        _blocks.ForEach(block => block.Dispose());
        _blocks.Clear();
    }
}

/// <summary>
/// Native memory, 64-byte aligned so that a register never straddles a cache line. Large blocks come zeroed from the system and take no
/// room before they are written.
/// </summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private const int Alignment = 64;

    /// <summary>Bytes: rows a multiple of this apart share few sets of the first-level cache, and a tile of them drives itself out.</summary>
    private const int Crowding = 1024;

    private nint _memory;

    public NativeBlock(long bytes)
    {
        _memory = (nint)NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        Bytes = bytes;
        LargePages.Advise(_memory, (nint)bytes);
    }

    public long Bytes { get; }

    public nint Address => (nint)Align(_memory);

    /// <summary>The next multiple of the alignment.</summary>
    public static long Align(long bytes) => (bytes + Alignment - 1) & -Alignment;

    /// <summary>Columns, and a cache line more where rows would crowd.</summary>
    public static int RowStride(int columns) => columns * sizeof(float) % Crowding == 0 ? columns + (Alignment / sizeof(float)) : columns;

    public void Dispose()
    {
        NativeMemory.Free((void*)_memory);
        _memory = 0;
    }
}
