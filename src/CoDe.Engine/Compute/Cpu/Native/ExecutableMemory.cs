using System.Globalization;
using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Cpu.Native;

/// <summary>
/// Memory of machine code. It is written first and then made executable: never both at once, as hardened systems
/// demand.
/// </summary>
internal static partial class ExecutableMemory
{
    private const int Read = 1;
    private const int Write = 2;
    private const int Execute = 4;
    private const int PrivateAnonymous = 0x22;
    private const nint Failed = -1;

    /// <summary>Copies code to memory that lasts as long as the process.</summary>
    /// <returns>Its address; null where the system refuses such memory.</returns>
    public static nint? TryCreate(ReadOnlySpan<byte> code)
    {
        var memory = Map(0, code.Length, Read | Write, PrivateAnonymous, -1, 0);
        if (memory == Failed)
        {
            return null;
        }

        Copy(code, memory);
        if (Protect(memory, code.Length, Read | Execute) != 0)
        {
            _ = Unmap(memory, code.Length);
            return null;
        }

        return memory;
    }

    /// <summary>
    /// Names code in the file in which perf looks for names, where the runtime writes its own there too.
    /// </summary>
    public static void NameForProfilers(IEnumerable<(nint Address, int Length, string Name)> functions)
    {
        if (Environment.GetEnvironmentVariable("DOTNET_PerfMapEnabled") is null or "0" or "")
        {
            return;
        }

        var lines = functions.Select(function => string.Create(
            CultureInfo.InvariantCulture, $"{function.Address:x} {function.Length:x} {function.Name}"));
        File.AppendAllLines($"/tmp/perf-{Environment.ProcessId}.map", lines);
    }

    private static unsafe void Copy(ReadOnlySpan<byte> code, nint memory)
        => code.CopyTo(new Span<byte>((void*)memory, code.Length));

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nint length);
}
