using CoDe.Compute.Cuda.Native;
using CoDe.Compute.Memory;

namespace CoDe.Compute.Cuda;

/// <summary>Copies between the host and tensors. What is float32 on the host is rounded, or widened, on the device.</summary>
internal sealed unsafe class CudaTransfer(CudaDevice device, CudaMemory memory, KernelLibrary kernels) : IDisposable
{
    private const int Block = 256;

    private MemoryBlock? _staging;

    /// <summary>y = values. The values may be changed as soon as this returns.</summary>
    public void Upload(Tensor y, ReadOnlySpan<float> values)
    {
        if (y.Type == ElementType.Float32)
        {
            Upload<float>(y, values);
            return;
        }

        var staged = Staging(y.Rows, y.Columns);
        Upload<float>(staged, values);
        Copy(y, staged);
    }

    public void Upload<T>(Tensor y, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length * sizeof(T), y.Rows * y.Columns * y.Type.Size(), nameof(values));
        fixed (T* first = values)
        {
            var rowBytes = (nuint)(y.Columns * y.Type.Size());
            var copy = new Copy2D
            {
                SourceKind = MemoryKind.Host,
                SourceHost = (nint)first,
                SourcePitch = rowBytes,
                DestinationKind = MemoryKind.Device,
                DestinationDevice = y.Address,
                DestinationPitch = (nuint)(y.Stride * y.Type.Size()),
                RowBytes = rowBytes,
                Rows = (nuint)y.Rows,
            };
            Run(copy, y);
        }
    }

    /// <summary>values = x, when everything before is done.</summary>
    public void Download(Span<float> values, Tensor x)
    {
        if (x.Type == ElementType.Float32)
        {
            Download<float>(values, x);
            return;
        }

        var staged = Staging(x.Rows, x.Columns);
        Copy(staged, x);
        Download<float>(values, staged);
    }

    public void Download<T>(Span<T> values, Tensor x)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length * sizeof(T), x.Rows * x.Columns * x.Type.Size(), nameof(values));
        fixed (T* first = values)
        {
            var rowBytes = (nuint)(x.Columns * x.Type.Size());
            var copy = new Copy2D
            {
                SourceKind = MemoryKind.Device,
                SourceDevice = x.Address,
                SourcePitch = (nuint)(x.Stride * x.Type.Size()),
                DestinationKind = MemoryKind.Host,
                DestinationHost = (nint)first,
                DestinationPitch = rowBytes,
                RowBytes = rowBytes,
                Rows = (nuint)x.Rows,
            };
            Run(copy, x);
            device.Synchronize();
        }
    }

    /// <summary>y = x on the device, rounded to y's type.</summary>
    public void Copy(Tensor y, Tensor x)
        => kernels.Launch(kernels.Find("copy", x.Type, y.Type), (Blocks(y), 1, 1), Block, 0, y, x);

    public void Dispose() => _staging?.Dispose();

    private static int Blocks(Tensor y) => (int)((((long)y.Rows * y.Columns) + Block - 1) / Block);

    private void Run(in Copy2D copy, Tensor tensor)
    {
        if (tensor.Rows > 0 && tensor.Columns > 0)
        {
            CudaDriver.Check(CudaDriver.Copy(copy, device.Stream), "cuMemcpy2DAsync");
        }
    }

    /// <summary>Float32 on its way; what was there is waited for by the driver when a larger piece needs more.</summary>
    private Tensor Staging(int rows, int columns)
    {
        var bytes = (long)rows * columns * sizeof(float);
        if (_staging is null || _staging.Bytes < bytes)
        {
            _staging?.Dispose();
            _staging = memory.Allocate(bytes);
        }

        return new Tensor(_staging.Address, rows, columns, columns, ElementType.Float32);
    }
}
