using System.Runtime.InteropServices;

namespace CoDe.Compute.Cpu;

/// <summary>Native memory, 64-byte aligned so that a register never straddles a cache line.</summary>
internal sealed unsafe class CpuArena : Arena
{
    private readonly List<nint> _blocks = [];

    protected override nint Reserve(long bytes)
    {
        var block = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
        NativeMemory.Clear(block, (nuint)bytes);
        _blocks.Add((nint)block);
        return (nint)block;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var block in _blocks)
        {
            NativeMemory.AlignedFree((void*)block);
        }

        _blocks.Clear();
    }
}
