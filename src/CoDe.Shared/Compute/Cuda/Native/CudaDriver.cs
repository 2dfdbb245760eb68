using System.Runtime.InteropServices;

namespace CoDe.Compute.Cuda.Native;

/// <summary>What a call of the driver comes to; the others are named by the driver.</summary>
internal enum CudaResult
{
    Success = 0,
    OutOfMemory = 2,
}

/// <summary>Properties of a device that are asked for.</summary>
internal enum DeviceAttribute
{
    ClockRate = 13,
    MultiprocessorCount = 16,
    MemoryClockRate = 36,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    SharedMemoryOptIn = 97,
}

/// <summary>The functions of libcuda that are called, under their names without the prefix; all are looked at in <see cref="Check"/>.</summary>
internal static unsafe partial class CudaDriver
{
    /// <summary>Of a function: the most dynamic shared memory that a launch may ask for.</summary>
    public const int MaxDynamicSharedMemory = 8;

    /// <summary>What other threads do is not forbidden while a stream is recorded.</summary>
    public const int CaptureThreadLocal = 1;

    static CudaDriver() => CudaLibraries.Register();

    /// <exception cref="CudaException">The call failed.</exception>
    /// <exception cref="DeviceLostException">It failed, and so will every other.</exception>
    public static void Check(CudaResult result, string what)
    {
        if (result == CudaResult.Success)
        {
            return;
        }

        var message = FormattableString.Invariant($"{what}: {Name(result)} ({(int)result}), {Text(result)}.");
        throw EndsTheContext(result) ? new DeviceLostException(message)
            : new CudaException(result == CudaResult.OutOfMemory ? message + " A smaller batch, or weights of 16 bits, take less memory." : message);
    }

    /// <summary>Faults of kernels and of the device itself, after which a context answers every call with the same.</summary>
    private static bool EndsTheContext(CudaResult result) => (int)result is 46 or 214 or 220 or 226 or 700 or 702 or 709 or 710 or (>= 714 and <= 719);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuInit")]
    public static partial CudaResult Initialize(uint flags);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDriverGetVersion")]
    public static partial CudaResult GetVersion(out int version);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDeviceGetCount")]
    public static partial CudaResult DeviceGetCount(out int count);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDeviceGet")]
    public static partial CudaResult DeviceGet(out int device, int ordinal);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDeviceGetName")]
    public static partial CudaResult DeviceGetName(byte* name, int length, int device);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDeviceGetAttribute")]
    public static partial CudaResult DeviceGetAttribute(out int value, DeviceAttribute attribute, int device);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static partial CudaResult PrimaryContextRetain(out nint context, int device);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    public static partial CudaResult PrimaryContextRelease(int device);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuCtxSetCurrent")]
    public static partial CudaResult ContextSetCurrent(nint context);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuMemGetInfo_v2")]
    public static partial CudaResult MemoryGetInfo(out nuint free, out nuint total);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuMemAlloc_v2")]
    public static partial CudaResult MemoryAllocate(out nint address, nuint bytes);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuMemFree_v2")]
    public static partial CudaResult MemoryFree(nint address);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuMemcpy2DAsync_v2")]
    public static partial CudaResult Copy(in Copy2D copy, nint stream);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuMemsetD8Async")]
    public static partial CudaResult Fill(nint address, byte value, nuint bytes, nint stream);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuStreamCreate")]
    public static partial CudaResult StreamCreate(out nint stream, uint flags);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuStreamDestroy_v2")]
    public static partial CudaResult StreamDestroy(nint stream);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuStreamSynchronize")]
    public static partial CudaResult StreamSynchronize(nint stream);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuStreamBeginCapture_v2")]
    public static partial CudaResult StreamBeginCapture(nint stream, int mode);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuStreamEndCapture")]
    public static partial CudaResult StreamEndCapture(nint stream, out nint graph);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuGraphInstantiateWithFlags")]
    public static partial CudaResult GraphInstantiate(out nint executable, nint graph, ulong flags);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuGraphLaunch")]
    public static partial CudaResult GraphLaunch(nint executable, nint stream);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuGraphExecDestroy")]
    public static partial CudaResult GraphExecutableDestroy(nint executable);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuGraphDestroy")]
    public static partial CudaResult GraphDestroy(nint graph);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuModuleLoadData")]
    public static partial CudaResult ModuleLoad(out nint module, byte* image);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuModuleUnload")]
    public static partial CudaResult ModuleUnload(nint module);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuModuleGetFunction", StringMarshalling = StringMarshalling.Utf8)]
    public static partial CudaResult ModuleGetFunction(out nint function, nint module, string name);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuFuncSetAttribute")]
    public static partial CudaResult FunctionSetAttribute(nint function, int attribute, int value);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuLaunchKernel")]
    public static partial CudaResult Launch(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** parameters, void** extra);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuGetErrorName")]
    private static partial CudaResult GetErrorName(CudaResult error, out nint name);

    [LibraryImport(CudaLibraries.Driver, EntryPoint = "cuGetErrorString")]
    private static partial CudaResult GetErrorString(CudaResult error, out nint text);

    private static string Name(CudaResult result) => GetErrorName(result, out var name) == CudaResult.Success ? Marshal.PtrToStringUTF8(name)! : "unknown error";

    private static string Text(CudaResult result) => GetErrorString(result, out var text) == CudaResult.Success ? Marshal.PtrToStringUTF8(text)! : "which the driver does not describe";
}

/// <summary><c>CUDA_MEMCPY2D</c>: rows of so many bytes from one place to another, each with its own distance between rows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Copy2D
{
    public nuint SourceX;
    public nuint SourceY;
    public MemoryKind SourceKind;
    public nint SourceHost;
    public nint SourceDevice;
    public nint SourceArray;
    public nuint SourcePitch;
    public nuint DestinationX;
    public nuint DestinationY;
    public MemoryKind DestinationKind;
    public nint DestinationHost;
    public nint DestinationDevice;
    public nint DestinationArray;
    public nuint DestinationPitch;
    public nuint RowBytes;
    public nuint Rows;
}

/// <summary><c>CUmemorytype</c>.</summary>
internal enum MemoryKind
{
    Host = 1,
    Device = 2,
}
