using System.Runtime.InteropServices;

namespace CoDe.Engine.Compute.Torch.Native;

/// <summary>
/// Settings of libtorch's threads on the CPU, which libgomp reads from the environment while it loads.
/// </summary>
internal static partial class OpenMp
{
    private const string SpinCount = "GOMP_SPINCOUNT";

    /// <summary>
    /// Rounds of waiting before a thread sleeps: some microseconds, in which the next operator comes. By default it is
    /// milliseconds, and where the threads have fewer cores than they believe, as containers with a quota do, each
    /// operator then waits for a thread that does not run (ten times as long, measured with two threads on 1.2 cores).
    /// </summary>
    private const string Rounds = "1000";

    /// <summary>Limits spinning. What the environment already says stays.</summary>
    public static void LimitSpinning()
    {
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            _ = SetVariable(SpinCount, Rounds, overwrite: 0);
        }
    }

    /// <summary>Sets a variable for native code, which does not see those of <see cref="Environment"/>.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
