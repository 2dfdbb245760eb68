using System.Globalization;

namespace CoDe.Interop.Tests.Hostile;

/// <summary>The server under attack, in a process of its own, and what can be seen of it from outside.</summary>
internal sealed class HostilePeer : IDisposable
{
    /// <summary>
    /// One heap and small generations: the collector runs often, and what is resident is what is held, not what was not yet collected. By
    /// default a server's collector lets garbage lie until the machine runs short. Kestrel's errors are told, since an exception that
    /// escapes to it is a fault of ours.
    /// </summary>
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
        ["DOTNET_GCgen0size"] = "0x400000",
        ["Logging__LogLevel__Default"] = "None",
        ["Logging__LogLevel__Microsoft.AspNetCore.Server.Kestrel"] = "Error",
    };

    private readonly PeerServer _server = PeerServer.StartOurs(Environment);

    public int Port => _server.Port;

    /// <summary>What Kestrel logged.</summary>
    public IReadOnlyCollection<string> Said => _server.Said;

    /// <summary>A line of the process's status in MB: <c>VmRSS</c>, resident now, or <c>VmHWM</c>, at most so far.</summary>
    public double Memory(string name)
    {
        var line = File.ReadLines($"/proc/{_server.ProcessId}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return int.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    /// <summary>The least of some seconds, in which the server's timers and its collector come to rest.</summary>
    public async Task<double> RestingMemoryAsync()
    {
        var least = double.MaxValue;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var samples = 12; samples > 0 && await timer.WaitForNextTickAsync(); samples--)
        {
            least = Math.Min(least, Memory("VmRSS"));
        }

        return least;
    }

    public void Dispose() => _server.Dispose();
}
