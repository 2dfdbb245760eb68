using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace CoDe.CudaStandIn;

/// <summary>
/// The libraries of this folder for tests in C#. Kernels that the back end compiles with them are kept in a folder of the tests' own.
/// </summary>
public static unsafe class CudaOnCpu
{
    private static readonly string Root = typeof(CudaOnCpu).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    private static readonly Lazy<string> Built = new(Build);

    private static readonly Lazy<nint> Driver = new(() =>
    {
        // Under their names they are found from now on in place of NVIDIA's.
        NativeLibrary.Load(Path.Combine(Folder, "libnvrtc.so.12"));
        var driver = NativeLibrary.Load(Path.Combine(Folder, "libcuda.so.1"));
        NativeLibrary.Load(Path.Combine(Folder, "libcublasLt.so.12"));
        return driver;
    });

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Missing { get; } = !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 ? "The stand-in for CUDA is for Linux on x86-64."
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "g++"))) ? null
        : "g++ is not installed; tests/cuda-on-cpu/install installs it.";

    /// <summary>Where the libraries are, built of the kernels as they are now: what <c>LD_LIBRARY_PATH</c> has to name for other processes.</summary>
    public static string Folder => Built.Value;

    /// <summary>Where they are made.</summary>
    public static string Sources => Path.Combine(Root, "tests", "cuda-on-cpu");

    /// <summary>Has this process use them.</summary>
    public static void Load() => _ = Driver.Value;

    /// <summary>What was counted in this process: see the README.</summary>
    public static long Count(string what)
    {
        var name = Marshal.StringToCoTaskMemUTF8(what);
        try
        {
            return ((delegate* unmanaged<nint, long>)NativeLibrary.GetExport(Driver.Value, "standin_count"))(name);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    private static string Build()
    {
        var folder = Path.Combine(Root, "artifacts", "cuda-on-cpu");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", Path.Combine(folder, "cache"));
        var kernels = Path.Combine(Root, "src", "CoDe.Shared", "Compute", "Cuda", "Kernels");
        using var build = Process.Start(new ProcessStartInfo(Path.Combine(Sources, "build"), [kernels, folder]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0 ? folder : throw new InvalidOperationException($"tests/cuda-on-cpu/build failed.\n{errors}");
    }
}
