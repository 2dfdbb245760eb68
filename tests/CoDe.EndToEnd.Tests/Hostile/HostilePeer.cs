using System.Globalization;
using CoDe.Testing.Processes;

namespace CoDe.EndToEnd.Hostile;

/// <summary>A gateway process under attack, and its state as seen from outside.</summary>
internal sealed class HostilePeer : IAsyncDisposable
{
    /// <summary>
    /// One compacted heap of small generations, so that resident memory is what is held. Kestrel logs its errors, since
    /// an exception that reaches it is a fault of the gateway.
    /// </summary>
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
        ["DOTNET_GCgen0size"] = "0x400000",
        ["DOTNET_GCConserveMemory"] = "9",
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

    /// <summary>Takes the least of two seconds, in which the gateway's timers and collector come to rest.</summary>
    public async Task<double> RestingMemoryAsync()
    {
        var least = double.MaxValue;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var samples = 8; samples > 0 && await timer.WaitForNextTickAsync(); samples--)
        {
            least = Math.Min(least, ResidentMemory());
        }

        return least;
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    /// <summary>Reads the resident memory of the process in MB.</summary>
    private double ResidentMemory()
    {
        var status = File.ReadLines($"/proc/{_gateway.ProcessId}/status");
        var line = status.Single(line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        var kilobytes = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        return int.Parse(kilobytes, CultureInfo.InvariantCulture) / 1024.0;
    }

    private static string? HttpAddress(string line)
        => line.IndexOf(HttpAnnouncement, StringComparison.Ordinal) is >= 0 and var at
            ? line[(at + HttpAnnouncement.Length)..]
            : null;
}
