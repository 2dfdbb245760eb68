using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>
/// Memory of a GPU as its driver reports it, in the context that libtorch computes in. TorchSharp has no call for it.
/// </summary>
internal sealed partial class CudaDriver : IDisposable
{
    private const string Library = "libcuda.so.1";

    private readonly Context _context;

    /// <param name="gpu">Number of the GPU, as libtorch counts.</param>
    /// <exception cref="CudaDriverException">A call failed.</exception>
    public CudaDriver(int gpu)
    {
        Check(Initialize(0), "cuInit");
        Check(GetDevice(out var device, gpu), "cuDeviceGet");
        Check(RetainContext(out var context, device), "cuDevicePrimaryCtxRetain");
        _context = new Context(context, device);
    }

    /// <summary>Bytes that are free and bytes that there are. Any thread may ask.</summary>
    /// <exception cref="CudaDriverException">A call failed.</exception>
    public (long Free, long Total) Memory()
    {
        Check(PushContext(_context), "cuCtxPushCurrent_v2");
        try
        {
            Check(GetMemory(out var free, out var total), "cuMemGetInfo_v2");
            return ((long)free, (long)total);
        }
        finally
        {
            Check(PopContext(out _), "cuCtxPopCurrent_v2");
        }
    }

    public void Dispose() => _context.Dispose();

    /// <summary>Throws as libtorch does, whose messages begin alike.</summary>
    private static void Check(int result, string function)
    {
        if (result != 0)
        {
            var name = GetErrorName(result, out var text) == 0 ? Marshal.PtrToStringAnsi(text) : null;
            throw new CudaDriverException($"CUDA error: {function} failed with {name ?? "no known error"} ({result})");
        }
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    private static partial int RetainContext(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    private static partial int ReleaseContext(int device);

    [LibraryImport(Library, EntryPoint = "cuCtxPushCurrent_v2")]
    private static partial int PushContext(Context context);

    [LibraryImport(Library, EntryPoint = "cuCtxPopCurrent_v2")]
    private static partial int PopContext(out nint context);

    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")]
    private static partial int GetMemory(out nuint free, out nuint total);

    [LibraryImport(Library, EntryPoint = "cuGetErrorName")]
    private static partial int GetErrorName(int result, out nint name);

    /// <summary>A share of the primary context of a device.</summary>
    private sealed class Context : SafeHandle
    {
        private readonly int _device;

        public Context(nint context, int device)
            : base(nint.Zero, ownsHandle: true)
        {
            _device = device;
            SetHandle(context);
        }

        public override bool IsInvalid => handle == nint.Zero;

        protected override bool ReleaseHandle() => ReleaseContext(_device) == 0;
    }
}

/// <summary>Failure of the driver of a GPU.</summary>
internal sealed class CudaDriverException(string message) : ExternalException(message);
