using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CoDe.Processes;

internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>Asks a process to end; <see cref="System.Diagnostics.Process"/> can only kill.</summary>
    /// <exception cref="Win32Exception">There is no such process.</exception>
    public static void Terminate(int processId)
    {
        if (Kill(processId, SigTerm) != 0)
        {
            throw new Win32Exception();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);
}
