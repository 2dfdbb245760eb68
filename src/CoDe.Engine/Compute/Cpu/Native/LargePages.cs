using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Cpu.Native;

/// <summary>
/// Asks Linux to back memory with 2 MiB pages. Weights are gigabytes that are read from end to end: with 4 KiB pages,
/// page faults dominate loading and address translation slows every pass.
/// </summary>
internal static partial class LargePages
{
    private const int AdviseHugePage = 14;
    private const nint SmallPage = 4096;
    private const nint WorthAsking = 4 << 20;

    /// <summary>Advice only: where the system declines, the memory is as good as before.</summary>
    public static void Advise(nint address, nint bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < WorthAsking)
        {
            return;
        }

        var first = (address + SmallPage - 1) & -SmallPage;
        _ = MAdvise(first, (address + bytes - first) & -SmallPage, AdviseHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nint address, nint length, int advice);
}
