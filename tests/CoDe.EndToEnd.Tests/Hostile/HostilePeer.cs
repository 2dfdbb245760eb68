using System.Globalization;
using CoDe.Testing.Processes;

namespace CoDe.EndToEnd.Hostile;

/// <summary>A gateway under attack, in a process of its own, and its state as seen from outside.</summary>
internal sealed class HostilePeer : IAsyncDisposable
{
    /// <summary>
    /// One heap and small generations: the collector runs often, so that resident memory is what is held. Kestrel's errors are logged,
    /// since an exception that escapes to it is a fault of ours.
    /// </summary>
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
        ["DOTNET_GCgen0size"] = "0x400000",
        ["Logging__LogLevel__Microsoft.AspNetCore.Server.Kestrel"] = "Error",
    };

    private readonly ServiceProcess _gateway;
    private readonly int _linesAtStart;

    private HostilePeer(ServiceProcess gateway)
    {
        _gateway = gateway;
        _linesAtStart = gateway.Lines.Count;
        HttpPort = new Uri(gateway.Lines.Select(HttpAddress).OfType<string>().First()).Port;
    }

    public int Port => _gateway.Port;

    public int HttpPort { get; }

    /// <summary>Lines that the gateway logged since it was ready.</summary>
    public IReadOnlyList<string> Said => [.. _gateway.Lines.Skip(_linesAtStart)];

    public static async Task<HostilePeer> StartAsync()
    {
        var gateway = await ServiceProcess.StartGatewayAsync(["--Worker:Device:Threads=1"], Environment);
        await gateway.SaysAsync(HttpAnnouncement);
        return new HostilePeer(gateway);
    }

    private const string HttpAnnouncement = "serves HTTP on ";

    /// <summary>Reads a line of the process's status in MB: <c>VmRSS</c>, resident now, or <c>VmHWM</c>, at most so far.</summary>
    public double Memory(string name)
    {
        var line = File.ReadLines($"/proc/{_gateway.ProcessId}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return int.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    /// <summary>Takes the least of some seconds, in which the gateway's timers and its collector come to rest.</summary>
    public async Task<double> RestingMemoryAsync()
    {
        var least = double.MaxValue;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var samples = 8; samples > 0 && await timer.WaitForNextTickAsync(); samples--)
        {
            least = Math.Min(least, Memory("VmRSS"));
        }

        return least;
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private static string? HttpAddress(string line)
        => line.IndexOf(HttpAnnouncement, StringComparison.Ordinal) is >= 0 and var at ? line[(at + HttpAnnouncement.Length)..] : null;
}
