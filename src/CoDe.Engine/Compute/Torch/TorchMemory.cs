using CoDe.Engine.Compute.Memory;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Memory that libtorch computes in.</summary>
internal abstract class TorchMemory : IDeviceMemory
{
    public abstract int Alignment { get; }

    public abstract long ScratchBlock { get; }

    /// <summary>Bytes of the blocks.</summary>
    public MemoryTally Tally { get; } = new();

    public abstract MemoryBlock Allocate(long elements, ElementType type);

    public int RowStride(int columns, ElementType type) => columns;
}

/// <summary>Memory of the process, which kernels of the CPU can use too.</summary>
internal sealed class TorchProcessMemory : TorchMemory
{
    public override int Alignment => 64;

    public override long ScratchBlock => 256 << 20;

    public override MemoryBlock Allocate(long elements, ElementType type)
        => TorchBlock.OfProcess(elements, type, Tally);
}

/// <summary>
/// Memory of a device through libtorch's allocator. It is taken whether it is written or not, so blocks of scratch are
/// no larger than they must be.
/// </summary>
internal sealed class TorchDeviceMemory(torch.Device device) : TorchMemory
{
    /// <summary>Bytes of a block of scratch at least.</summary>
    public const long SmallestScratch = 16 << 20;

    /// <summary>Tensor cores read whole vectors of 16 bytes; libtorch's allocator rounds to 512.</summary>
    public override int Alignment => 512;

    public override long ScratchBlock => SmallestScratch;

    public override MemoryBlock Allocate(long elements, ElementType type)
        => TorchBlock.OfDevice(elements, type, device, Tally);
}

/// <summary>Memory that is only counted.</summary>
/// <param name="alignment">That of the memory that is planned.</param>
internal sealed class PlannedMemory(int alignment) : TorchMemory
{
    public override int Alignment => alignment;

    /// <summary>
    /// Gets that of a device. The larger blocks of a process take memory only where they are written, which is about
    /// as much.
    /// </summary>
    public override long ScratchBlock => TorchDeviceMemory.SmallestScratch;

    public override MemoryBlock Allocate(long elements, ElementType type) => new Block(Tally, elements, type);

    private sealed class Block : MemoryBlock
    {
        private readonly MemoryTally _tally;

        public Block(MemoryTally tally, long elements, ElementType type)
            : base(type, elements)
        {
            _tally = tally;
            tally.Take(Elements * Type.Size());
        }

        protected override void Dispose(bool disposing) => _tally.Free(Elements * Type.Size());
    }
}
