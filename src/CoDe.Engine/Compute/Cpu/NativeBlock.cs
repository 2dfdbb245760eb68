using System.Runtime.InteropServices;
using CoDe.Engine.Compute.Cpu.Native;

namespace CoDe.Engine.Compute.Cpu;

/// <summary>
/// Native memory, 64-byte aligned so that a register never straddles a cache line. The system zeroes large blocks and
/// backs them with memory only when they are written.
/// </summary>
internal sealed unsafe class NativeBlock : MemoryBlock
{
    /// <summary>Bytes.</summary>
    public const int Alignment = 64;

    private void* _memory;

    public NativeBlock(long elements, ElementType type)
        : base(type, elements)
    {
        var bytes = (nint)(elements * type.Size()) + Alignment;
        _memory = NativeMemory.AllocZeroed((nuint)bytes);
        Address = ((nint)_memory + Alignment - 1) & -Alignment;
        LargePages.Advise((nint)_memory, bytes - Alignment);
    }

    public nint Address { get; }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
