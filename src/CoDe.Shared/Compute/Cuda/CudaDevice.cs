using System.Text;
using CoDe.Compute.Cuda.Native;

namespace CoDe.Compute.Cuda;

/// <summary>
/// One device of the machine: its context and the one stream that everything goes through in order. Whichever thread calls, the context is
/// made that thread's first. Nothing here is left to the garbage collector, whose thread has no context.
/// </summary>
internal sealed unsafe class CudaDevice : IDisposable
{
    private const int LeastCapability = 80;

    [ThreadStatic]
    private static nint _current;

    private readonly int _device;
    private readonly nint _context;
    private readonly nint _stream;

    /// <exception cref="CudaException">There is no such device, or it is too old.</exception>
    public CudaDevice(int ordinal)
    {
        CudaDriver.Check(CudaDriver.Initialize(0), "No NVIDIA device can be used: cuInit");
        CudaDriver.Check(CudaDriver.DeviceGetCount(out var count), "cuDeviceGetCount");
        if (ordinal < 0 || ordinal >= count)
        {
            throw new CudaException(FormattableString.Invariant($"There is no device cuda:{ordinal}: this machine has {Devices(count)}."));
        }

        CudaDriver.Check(CudaDriver.DeviceGet(out _device, ordinal), "cuDeviceGet");
        (Ordinal, Name) = (ordinal, ReadName());
        Capability = (10 * Attribute(DeviceAttribute.ComputeCapabilityMajor)) + Attribute(DeviceAttribute.ComputeCapabilityMinor);
        if (Capability < LeastCapability)
        {
            throw new CudaException(FormattableString.Invariant(
                $"{Name} (cuda:{ordinal}) has compute capability {Capability / 10}.{Capability % 10}; needed is 8.0 (Ampere) or later."));
        }

        CudaDriver.Check(CudaDriver.PrimaryContextRetain(out _context, _device), "cuDevicePrimaryCtxRetain");
        Enter();
        CudaDriver.Check(CudaDriver.StreamCreate(out _stream, flags: 1), "cuStreamCreate");
    }

    public int Ordinal { get; }

    public string Name { get; }

    /// <summary>Ten times the compute capability: 80 for 8.0.</summary>
    public int Capability { get; }

    public int Multiprocessors => Attribute(DeviceAttribute.MultiprocessorCount);

    /// <summary>The most bytes of shared memory that a block may have, for functions that asked for it.</summary>
    public int MostSharedMemory => Attribute(DeviceAttribute.SharedMemoryOptIn);

    /// <summary>MHz, at most.</summary>
    public int Clock => Attribute(DeviceAttribute.ClockRate) / 1000;

    /// <summary>MHz, at most.</summary>
    public int MemoryClock => Attribute(DeviceAttribute.MemoryClockRate) / 1000;

    /// <summary>Bytes in use, by whichever process, and in all.</summary>
    public (long Used, long Total) Memory
    {
        get
        {
            Enter();
            CudaDriver.Check(CudaDriver.MemoryGetInfo(out var free, out var total), "cuMemGetInfo");
            return ((long)(total - free), (long)total);
        }
    }

    /// <summary>The stream, for a call that the calling thread may make now.</summary>
    public nint Stream
    {
        get
        {
            Enter();
            return _stream;
        }
    }

    /// <summary>Makes the context the calling thread's. Where that fails, so does what follows, and says why.</summary>
    public void Enter()
    {
        if (_current != _context && CudaDriver.ContextSetCurrent(_context) == CudaResult.Success)
        {
            _current = _context;
        }
    }

    /// <summary>Waits for all that was asked for.</summary>
    public void Synchronize() => CudaDriver.Check(CudaDriver.StreamSynchronize(Stream), "cuStreamSynchronize");

    public void Dispose()
    {
        Enter();
        _ = CudaDriver.StreamSynchronize(_stream);
        _ = CudaDriver.StreamDestroy(_stream);
        _ = CudaDriver.PrimaryContextRelease(_device);
        _current = 0;
    }

    private static string Devices(int count) => count switch
    {
        0 => "none",
        1 => "cuda:0 alone",
        _ => FormattableString.Invariant($"cuda:0 to cuda:{count - 1}"),
    };

    private int Attribute(DeviceAttribute attribute)
    {
        CudaDriver.Check(CudaDriver.DeviceGetAttribute(out var value, attribute, _device), $"cuDeviceGetAttribute {attribute}");
        return value;
    }

    private string ReadName()
    {
        var name = stackalloc byte[256];
        CudaDriver.Check(CudaDriver.DeviceGetName(name, 256, _device), "cuDeviceGetName");
        return Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
    }
}
