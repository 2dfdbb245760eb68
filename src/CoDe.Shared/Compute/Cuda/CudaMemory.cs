using CoDe.Compute.Cuda.Native;
using CoDe.Compute.Memory;

namespace CoDe.Compute.Cuda;

/// <summary>
/// How tensors lie on a device. Unlike the CPU's, its memory is taken whether it is written or not, so blocks of scratch are no larger than
/// they must be.
/// </summary>
internal abstract class CudaMemory : IDeviceMemory
{
    private long _bytes;

    /// <summary>What the driver aligns allocations to; copies of 16 bytes need less.</summary>
    public int Alignment => 256;

    public long ScratchBlock => 64 << 20;

    /// <summary>Of the VQVAE's maps: with weights of 16 bits always float16, which has the more digits.</summary>
    public static ElementType MapType(ElementType weights) => weights == ElementType.Float32 ? ElementType.Float32 : ElementType.Float16;

    /// <summary>The most bytes that were taken at a time.</summary>
    public long PeakBytes { get; private set; }

    public abstract MemoryBlock Allocate(long bytes);

    /// <summary>Rows begin where 16 bytes can be read at once, of numbers of 2 bytes too.</summary>
    public int RowStride(int columns) => (columns + 7) & ~7;

    /// <param name="bytes">Taken, or less than nothing where they are given back.</param>
    protected void Count(long bytes)
    {
        _bytes += bytes;
        PeakBytes = Math.Max(PeakBytes, _bytes);
    }
}

/// <summary>A device's own memory.</summary>
internal sealed class CudaDeviceMemory(CudaDevice device) : CudaMemory
{
    public override MemoryBlock Allocate(long bytes)
    {
        device.Enter();
        var size = (nuint)Math.Max(bytes, Alignment);
        var result = CudaDriver.MemoryAllocate(out var address, size);
        if (result == CudaResult.OutOfMemory)
        {
            var (used, total) = device.Memory;
            CudaDriver.Check(result, FormattableString.Invariant(
                $"cuda:{device.Ordinal} has no room for {bytes / 1048576.0:0.0} MiB more: {used / 1048576} of its {total / 1048576} MiB are taken"));
        }

        CudaDriver.Check(result, "cuMemAlloc");
        CudaDriver.Check(CudaDriver.Fill(address, 0, size, device.Stream), "cuMemsetD8Async");
        Count(bytes);
        return new Block(this, device, address, bytes);
    }

    private sealed class Block(CudaDeviceMemory memory, CudaDevice device, nint address, long bytes) : MemoryBlock(address, bytes)
    {
        /// <summary>The driver waits for what still works with it.</summary>
        protected override void Dispose(bool disposing)
        {
            device.Enter();
            _ = CudaDriver.MemoryFree(Address);
            memory.Count(-Bytes);
        }
    }
}
