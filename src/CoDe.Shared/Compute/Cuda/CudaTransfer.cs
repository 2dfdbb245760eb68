using CoDe.Compute.Cuda.Native;
using CoDe.Compute.Memory;

namespace CoDe.Compute.Cuda;

/// <summary>Copies between the host and tensors. What is float32 on the host is rounded, or widened, on the device.</summary>
internal sealed unsafe class CudaTransfer(CudaDevice device, CudaMemory memory, KernelLibrary kernels) : IDisposable
{
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
        var copy = Rows(y, values.Length * sizeof(T));
        fixed (T* first = values)
        {
            (copy.SourceKind, copy.SourceHost, copy.SourcePitch) = (MemoryKind.Host, (nint)first, copy.RowBytes);
            (copy.DestinationKind, copy.DestinationDevice, copy.DestinationPitch) = (MemoryKind.Device, y.Address, Pitch(y, copy));
            Run(copy);
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
        var copy = Rows(x, values.Length * sizeof(T));
        fixed (T* first = values)
        {
            (copy.SourceKind, copy.SourceDevice, copy.SourcePitch) = (MemoryKind.Device, x.Address, Pitch(x, copy));
            (copy.DestinationKind, copy.DestinationHost, copy.DestinationPitch) = (MemoryKind.Host, (nint)first, copy.RowBytes);
            Run(copy);
            device.Synchronize();
        }
    }

    /// <summary>y = x on the device, rounded to y's type.</summary>
    public void Copy(Tensor y, Tensor x)
        => kernels.LaunchEach(kernels.Find("copy", x.Type, y.Type), y, y, x);

    public void Dispose() => _staging?.Dispose();

    /// <summary>Bytes from a row to the next.</summary>
    private static nuint Pitch(Tensor tensor, in Copy2D copy) => Math.Max((nuint)tensor.Stride * (nuint)tensor.Type.Size(), copy.RowBytes);

    /// <summary>The rows of a tensor, as one where they lie side by side: the driver copies that fastest.</summary>
    private static Copy2D Rows(Tensor tensor, int bytes)
    {
        var rowBytes = tensor.Columns * tensor.Type.Size();
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, tensor.Rows * rowBytes);
        return tensor.Stride == tensor.Columns
            ? new Copy2D { RowBytes = (nuint)tensor.Rows * (nuint)rowBytes, Rows = 1 }
            : new Copy2D { RowBytes = (nuint)rowBytes, Rows = (nuint)tensor.Rows };
    }

    private void Run(in Copy2D copy)
    {
        if (copy.Rows > 0 && copy.RowBytes > 0)
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
