using System.Runtime.InteropServices;
using System.Text;

namespace CoDe.Compute.Cuda.Native;

/// <summary>CUDA's run-time compiler, libnvrtc.</summary>
internal static unsafe partial class CudaCompiler
{
    static CudaCompiler() => CudaLibraries.Register();

    /// <summary>Major and minor version.</summary>
    public static Version Version
    {
        get
        {
            Check(GetVersion(out var major, out var minor), "nvrtcVersion");
            return new Version(major, minor);
        }
    }

    /// <summary>The architectures that it makes machine code for: 80 for compute capability 8.0.</summary>
    public static int[] Architectures()
    {
        Check(GetNumSupportedArchs(out var count), "nvrtcGetNumSupportedArchs");
        var architectures = new int[count];
        fixed (int* first = architectures)
        {
            Check(GetSupportedArchs(first), "nvrtcGetSupportedArchs");
        }

        return architectures;
    }

    /// <param name="header">Text that the source includes, and the name that it gives it.</param>
    /// <returns>Machine code.</returns>
    /// <exception cref="CudaException">It does not compile; the message has the compiler's log.</exception>
    public static byte[] Compile(string source, (string Name, string Text) header, IReadOnlyList<string> options)
    {
        Check(CreateProgram(out var program, source, "kernels.cu", 1, [header.Text], [header.Name]), "nvrtcCreateProgram");
        try
        {
            if (CompileProgram(program, options.Count, [.. options]) is not 0 and var error)
            {
                throw new CudaException($"The CUDA kernels do not compile with {string.Join(' ', options)}: {Text(error)}\n{Log(program)}");
            }

            Check(GetCubinSize(program, out var size), "nvrtcGetCUBINSize");
            var image = new byte[size];
            fixed (byte* first = image)
            {
                Check(GetCubin(program, first), "nvrtcGetCUBIN");
            }

            return image;
        }
        finally
        {
            _ = DestroyProgram(ref program);
        }
    }

    private static string Log(nint program)
    {
        if (GetLogSize(program, out var size) != 0 || size == 0)
        {
            return "";
        }

        var log = new byte[size];
        fixed (byte* first = log)
        {
            return GetLog(program, first) == 0 ? Encoding.UTF8.GetString(log).TrimEnd('\0') : "";
        }
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new CudaException($"{what}: {Text(result)}.");
        }
    }

    private static string Text(int result) => Marshal.PtrToStringUTF8(GetErrorString(result)) ?? FormattableString.Invariant($"error {result}");

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcVersion")]
    private static partial int GetVersion(out int major, out int minor);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetNumSupportedArchs")]
    private static partial int GetNumSupportedArchs(out int count);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetSupportedArchs")]
    private static partial int GetSupportedArchs(int* architectures);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcCreateProgram", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateProgram(out nint program, string source, string name, int headerCount, string[] headers, string[] headerNames);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcCompileProgram", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CompileProgram(nint program, int optionCount, string[] options);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetProgramLogSize")]
    private static partial int GetLogSize(nint program, out nuint size);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetProgramLog")]
    private static partial int GetLog(nint program, byte* log);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetCUBINSize")]
    private static partial int GetCubinSize(nint program, out nuint size);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetCUBIN")]
    private static partial int GetCubin(nint program, byte* image);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcDestroyProgram")]
    private static partial int DestroyProgram(ref nint program);

    [LibraryImport(CudaLibraries.Compiler, EntryPoint = "nvrtcGetErrorString")]
    private static partial nint GetErrorString(int result);
}
