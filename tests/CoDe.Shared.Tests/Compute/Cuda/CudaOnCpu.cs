using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using CoDe.Compute;
using CoDe.Compute.Cuda;

namespace CoDe.Tests.Compute.Cuda;

/// <summary>
/// The CUDA back end on this processor: <c>tests/cuda-on-cpu</c>, built from the kernels' own source, is loaded under the names of NVIDIA's
/// libraries before the back end looks for them. Kernels compiled before are kept in a folder of the tests' own.
/// </summary>
internal static unsafe class CudaOnCpu
{
    private static readonly nint Driver = Load();

    public static string Folder { get; } = Path.Combine(Root, "artifacts", "cuda-on-cpu");

    private static string Root => typeof(CudaOnCpu).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static IBackend Create(ElementType weights = ElementType.Float32, int device = 0, bool useCublas = true)
    {
        Ready();
        return CudaBackend.Create(new CudaOptions(device, weights) { UseCublas = useCublas });
    }

    /// <summary>What the stand-in has counted: see its README.</summary>
    public static long Count(string what)
    {
        Ready();
        var name = Marshal.StringToCoTaskMemUTF8(what);
        try
        {
            return ((delegate* unmanaged<nint, long>)NativeLibrary.GetExport(Driver, "standin_count"))(name);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    public static void Ready()
    {
        if (Driver == 0)
        {
            throw new InvalidOperationException("The CUDA back end cannot be tried on this processor.");
        }
    }

    private static nint Load()
    {
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", Path.Combine(Root, "artifacts", "cuda-on-cpu", "cache"));
        Build();
        NativeLibrary.Load(Path.Combine(Root, "artifacts", "cuda-on-cpu", "libnvrtc.so.12"));
        var driver = NativeLibrary.Load(Path.Combine(Root, "artifacts", "cuda-on-cpu", "libcuda.so.1"));
        NativeLibrary.Load(Path.Combine(Root, "artifacts", "cuda-on-cpu", "libcublasLt.so.12"));
        return driver;
    }

    private static void Build()
    {
        var start = new ProcessStartInfo(Path.Combine(Root, "tests", "cuda-on-cpu", "build"))
        {
            ArgumentList = { Path.Combine(Root, "src", "CoDe.Shared", "Compute", "Cuda", "Kernels"), Path.Combine(Root, "artifacts", "cuda-on-cpu") },
            RedirectStandardError = true,
        };
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException($"tests/cuda-on-cpu/build failed; it needs g++.\n{errors}");
        }
    }
}
