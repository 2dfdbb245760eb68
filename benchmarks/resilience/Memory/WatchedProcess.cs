using System.Diagnostics;
using System.Globalization;
using CoDe.Testing.Processes;

namespace CoDe.Resilience.Memory;

/// <summary>Memory of a process at a time.</summary>
/// <param name="Resident">Bytes.</param>
/// <param name="Heap">Bytes after the last collection.</param>
internal readonly record struct MemorySample(double Seconds, long Resident, long Heap);

/// <summary>A service whose memory is looked at again and again.</summary>
internal sealed class WatchedProcess(string name, ServiceProcess process)
{
    private readonly List<MemorySample> _samples = [];

    public string Name => name;

    public IReadOnlyList<MemorySample> Samples => _samples;

    /// <summary>Starts a service that tells its heap.</summary>
    public static async Task<ServiceProcess> StartAsync(Func<Task<ServiceProcess>> start)
    {
        const string Hooks = "DOTNET_STARTUP_HOOKS";
        Environment.SetEnvironmentVariable(Hooks, typeof(StartupHook).Assembly.Location);
        try
        {
            return await start();
        }
        finally
        {
            Environment.SetEnvironmentVariable(Hooks, null);
        }
    }

    public MemorySample Sample(double seconds)
    {
        using var running = Process.GetProcessById(process.ProcessId);
        var told = process.Lines
            .LastOrDefault(line => line.StartsWith(StartupHook.Announcement, StringComparison.Ordinal));
        var heap = told is null ? 0 : long.Parse(
            told.AsSpan(StartupHook.Announcement.Length), CultureInfo.InvariantCulture);
        var sample = new MemorySample(seconds, running.WorkingSet64, heap);
        _samples.Add(sample);
        return sample;
    }
}
