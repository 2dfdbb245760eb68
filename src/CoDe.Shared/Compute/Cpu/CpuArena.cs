using System.Runtime.InteropServices;
using CoDe.Compute.Cpu.Native;

namespace CoDe.Compute.Cpu;

/// <summary>
/// Native memory, 64-byte aligned so that a register never straddles a cache line. Large blocks come zeroed from the system and take no
/// room before they are written.
/// </summary>
internal sealed unsafe class CpuArena : Arena
{
    private const int Alignment = 64;

    private readonly List<nint> _blocks = [];

    protected override nint Reserve(long bytes)
    {
        var block = (nint)NativeMemory.AllocZeroed((nuint)bytes + Alignment);
        _blocks.Add(block);
        LargePages.Advise(block, (nint)bytes);
        return (block + Alignment - 1) & -Alignment;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }
}
