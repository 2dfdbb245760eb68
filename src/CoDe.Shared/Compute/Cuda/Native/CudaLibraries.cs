using System.Runtime.InteropServices;

namespace CoDe.Compute.Cuda.Native;

/// <summary>
/// Finds NVIDIA's libraries. Their names carry the version: the driver's is one, the run-time compiler and cuBLASLt have one a major version, of
/// which none later than the driver's works with it.
/// </summary>
internal static class CudaLibraries
{
    /// <summary>As <c>LibraryImport</c> names them.</summary>
    public const string Driver = "cuda-driver";

    /// <inheritdoc cref="Driver"/>
    public const string Compiler = "cuda-compiler";

    /// <inheritdoc cref="Driver"/>
    public const string Products = "cublas-lt";

    private const string DriverFile = "libcuda.so.1";
    private const string CompilerFile = "libnvrtc.so";
    private const string ProductsFile = "libcublasLt.so";
    private const int OldestVersion = 12;
    private const int NewestVersion = 13;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, nint> Loaded = [];

    private static readonly bool Registered = RegisterOnce();

    /// <summary>Whether <see cref="Products"/> can be called.</summary>
    public static bool HasProducts => Load(Products, Places(ProductsFile)) is not null;

    /// <summary>To be called before the first function of any.</summary>
    public static void Register() => _ = Registered;

    private static bool RegisterOnce()
    {
        NativeLibrary.SetDllImportResolver(typeof(CudaLibraries).Assembly, (name, _, _) => Resolve(name));
        return true;
    }

    private static nint Resolve(string name) => name switch
    {
        Driver => Load(name, [DriverFile]) ?? throw new CudaException(
            $"No NVIDIA driver: {DriverFile} was not found. Install the driver, or in a container start it with the NVIDIA runtime (docker run --gpus all)."),
        Compiler => Load(name, Places(CompilerFile)) ?? throw new CudaException(
            $"No CUDA run-time compiler: none of {string.Join(", ", Versions(CompilerFile))} was found. Install cuda-nvrtc of the driver's version ({DriverMajor()}) or an older one, "
            + "or set CUDA_PATH to the CUDA toolkit or LD_LIBRARY_PATH to the folder that holds it."),
        Products => Load(name, Places(ProductsFile)) ?? 0,
        _ => 0,
    };

    private static nint? Load(string name, IEnumerable<string> files)
    {
        lock (Gate)
        {
            if (Loaded.TryGetValue(name, out var loaded))
            {
                return loaded;
            }

            foreach (var file in files)
            {
                if (NativeLibrary.TryLoad(file, out var library))
                {
                    return Loaded[name] = library;
                }
            }

            return null;
        }
    }

    /// <summary>The newest that the driver understands first; where the system looks, then where toolkits are.</summary>
    private static IEnumerable<string> Places(string name) => Versions(name).SelectMany(file => Folders().Select(folder => Path.Combine(folder, file)).Prepend(file));

    private static IEnumerable<string> Versions(string name) => Enumerable.Range(OldestVersion, NewestVersion - OldestVersion + 1).Reverse()
        .Where(version => version <= Math.Max(DriverMajor(), OldestVersion))
        .Select(version => FormattableString.Invariant($"{name}.{version}"));

    private static IEnumerable<string> Folders() => new[] { Environment.GetEnvironmentVariable("CUDA_PATH"), Environment.GetEnvironmentVariable("CUDA_HOME"), "/usr/local/cuda" }
        .Where(root => !string.IsNullOrEmpty(root)).Select(root => Path.Combine(root!, "lib64"));

    private static int DriverMajor() => CudaDriver.GetVersion(out var version) == CudaResult.Success ? version / 1000 : OldestVersion;
}
