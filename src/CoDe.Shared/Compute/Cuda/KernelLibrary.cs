using CoDe.Compute.Cuda.Native;

namespace CoDe.Compute.Cuda;

/// <summary>The kernels, compiled for a device when it is first used and kept on disk.</summary>
internal sealed unsafe class KernelLibrary : IDisposable
{
    private const string Header = "device.cuh";
    private const int UnaskedSharedMemory = 48 << 10;
    private const int EachBlock = 256;

    private readonly CudaDevice _device;
    private readonly nint _module;
    private readonly Dictionary<(string Name, ElementType? X, ElementType? Y, string? Variant), nint> _functions = [];
    private readonly Dictionary<nint, int> _sharedMemory = [];

    private KernelLibrary(CudaDevice device, nint module) => (_device, _module) = (device, module);

    /// <exception cref="CudaException">They do not compile, or the device does not take them.</exception>
    public static KernelLibrary Load(CudaDevice device)
    {
        var (source, header) = (Source(), Resource(Header));
        var options = Options(device);
        var cache = new KernelCache(KernelCache.UserFolder, source + header + string.Join(' ', options) + CudaCompiler.Version);
        device.Enter();
        if (cache.Read() is { } known && Load(known, out var module) == CudaResult.Success)
        {
            return new KernelLibrary(device, module);
        }

        var image = CudaCompiler.Compile(source, (Header, header), options);
        CudaDriver.Check(Load(image, out module), "The driver does not take the compiled kernels: cuModuleLoadData");
        cache.Write(image);
        return new KernelLibrary(device, module);
    }

    /// <summary>A kernel by its name, the types of what it reads and writes, and its variant, all part of the compiled name.</summary>
    public nint Find(string name, ElementType? x = null, ElementType? y = null, string? variant = null)
    {
        var key = (name, x, y, variant);
        if (!_functions.TryGetValue(key, out var function))
        {
            var compiled = string.Join('_', new[] { name, Suffix(x), Suffix(y), variant }.Where(part => part is not null));
            _device.Enter();
            CudaDriver.Check(CudaDriver.ModuleGetFunction(out function, _module, compiled), $"Kernel {compiled}");
            _functions[key] = function;
        }

        return function;
    }

    /// <summary>Launches a kernel of a thread an element of y.</summary>
    public void LaunchEach(nint function, Tensor y, params ReadOnlySpan<KernelArgument> arguments)
        => Launch(function, ((int)((((long)y.Rows * y.Columns) + EachBlock - 1) / EachBlock), 1, 1), EachBlock, 0, arguments);

    public void Launch(nint function, (int X, int Y, int Z) grid, int block, long sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (grid.X == 0 || grid.Y == 0 || grid.Z == 0)
        {
            return;
        }

        var stream = _device.Stream;
        Allow(function, sharedBytes);
        var parameters = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        {
            for (var i = 0; i < arguments.Length; i++)
            {
                parameters[i] = first + i;
            }

            CudaDriver.Check(
                CudaDriver.Launch(function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)block, 1, 1, (uint)sharedBytes, stream, parameters, null), "cuLaunchKernel");
        }
    }

    public void Dispose()
    {
        _device.Enter();
        _ = CudaDriver.ModuleUnload(_module);
    }

    /// <summary>All kernels are one program, so that types and functions are written once.</summary>
    private static string Source()
    {
        var names = typeof(KernelLibrary).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return string.Concat(names.Select(name => Resource(name) + "\n"));
    }

    private static string Resource(string name)
    {
        using var stream = typeof(KernelLibrary).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Products and sums stay apart where the source has them apart: what the CPU's arithmetic is checked against is this.</summary>
    private static string[] Options(CudaDevice device)
    {
        var known = CudaCompiler.Architectures();
        if (!known.Contains(device.Capability))
        {
            throw new CudaException(FormattableString.Invariant(
                $"The CUDA run-time compiler {CudaCompiler.Version} makes no code for {device.Name} (sm_{device.Capability}); it knows sm_{known.Min()} to sm_{known.Max()}. Install a newer one."));
        }

        return [FormattableString.Invariant($"--gpu-architecture=sm_{device.Capability}"), "--std=c++17", "--fmad=false"];
    }

    private static CudaResult Load(byte[] image, out nint module)
    {
        fixed (byte* first = image)
        {
            return CudaDriver.ModuleLoad(out module, first);
        }
    }

    private static string? Suffix(ElementType? type) => type switch
    {
        null => null,
        ElementType.Float32 => "f32",
        ElementType.Float16 => "f16",
        ElementType.BFloat16 => "bf16",
        ElementType.Int32 => "i32",
        _ => throw new NotSupportedException($"No kernel works with {type}."),
    };

    private void Allow(nint function, long sharedBytes)
    {
        if (sharedBytes <= Math.Max(UnaskedSharedMemory, _sharedMemory.GetValueOrDefault(function)))
        {
            return;
        }

        if (sharedBytes > _device.MostSharedMemory)
        {
            throw new CudaException(FormattableString.Invariant(
                $"{_device.Name} has {_device.MostSharedMemory / 1024} KiB of shared memory a block; this model's size needs {sharedBytes / 1024} KiB."));
        }

        CudaDriver.Check(CudaDriver.FunctionSetAttribute(function, CudaDriver.MaxDynamicSharedMemory, (int)sharedBytes), "cuFuncSetAttribute");
        _sharedMemory[function] = (int)sharedBytes;
    }
}
