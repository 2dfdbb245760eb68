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

    private nint _memory;

    public NativeBlock(long bytes)
    {
        _memory = (nint)NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        Bytes = bytes;
        LargePages.Advise(_memory, (nint)bytes);
    }

    public long Bytes { get; }

    public nint Address => (_memory + Alignment - 1) & -Alignment;

    public void Dispose()
    {
        NativeMemory.Free((void*)_memory);
        _memory = 0;
    }
}
