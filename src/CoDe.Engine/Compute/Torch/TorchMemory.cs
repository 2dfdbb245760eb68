using CoDe.Engine.Compute.Memory;
using TorchSharp;

namespace CoDe.Engine.Compute.Torch;

/// <summary>Memory of the process, which kernels of the CPU can use too.</summary>
internal sealed class TorchProcessMemory : IDeviceMemory
{
    public int Alignment => 64;

    public long ScratchBlock => 256 << 20;

    public MemoryBlock Allocate(long elements, ElementType type) => TorchBlock.OfProcess(elements, type);

    public int RowStride(int columns) => columns;
}

/// <summary>
/// Memory of a device through libtorch's allocator. It is taken whether it is written or not, so blocks of scratch are
/// no larger than they must be.
/// </summary>
internal sealed class TorchDeviceMemory(torch.Device device) : IDeviceMemory
{
    /// <summary>Tensor cores read whole vectors of 16 bytes; libtorch's allocator rounds to 512.</summary>
    public int Alignment => 512;

    public long ScratchBlock => 16 << 20;

    public MemoryBlock Allocate(long elements, ElementType type) => TorchBlock.OfDevice(elements, type, device);

    public int RowStride(int columns) => columns;
}
