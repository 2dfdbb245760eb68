using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CoDe.Testing.Processes;

public static partial class Signals
{
    private const int SigAbort = 6;
    private const int SigTerm = 15;
    private const int SigStop = 19;
    private const uint UserMayReadAndWrite = 0x180;

    /// <summary>Asks a process to end; <see cref="System.Diagnostics.Process"/> can only kill.</summary>
    /// <exception cref="Win32Exception">There is no such process.</exception>
    public static void Terminate(int processId) => Send(processId, SigTerm);

    /// <summary>Sends what <c>abort</c> sends. The first time the runtime only restores the default action.</summary>
    /// <returns>Whether there is such a process.</returns>
    public static bool TryAbort(int processId) => Kill(processId, SigAbort) == 0;

    /// <summary>Makes a process hang: it keeps its connections and does nothing.</summary>
    /// <exception cref="Win32Exception">There is no such process.</exception>
    public static void Pause(int processId) => Send(processId, SigStop);

    /// <summary>Makes a file whose reader waits until a test writes it.</summary>
    /// <exception cref="Win32Exception">It cannot be made.</exception>
    public static void MakePipe(string path)
    {
        if (MakeFifo(path, UserMayReadAndWrite) != 0)
        {
            throw new Win32Exception();
        }
    }

    private static void Send(int processId, int signal)
    {
        if (Kill(processId, signal) != 0)
        {
            throw new Win32Exception();
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);
}
