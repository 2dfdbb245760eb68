using System.Diagnostics;
using System.Globalization;

namespace CoDe.Interop;

/// <summary>A server process that says <c>listening on PORT</c>; ended by its process id.</summary>
public sealed class PeerServer : IDisposable
{
    private const string Announcement = "listening on ";

    private readonly Process _process;

    private PeerServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <exception cref="InvalidOperationException">It ended, or said something else.</exception>
    public static PeerServer Start(string program, string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var line = process.StandardOutput.ReadLine();
        return line?.StartsWith(Announcement, StringComparison.Ordinal) == true
            ? new PeerServer(process, int.Parse(line.AsSpan(Announcement.Length), CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} said: {line}");
    }

    /// <summary>The server of this project as a process of its own.</summary>
    public static PeerServer StartOurs() => Start(Path.Combine(AppContext.BaseDirectory, "interop"), ["server", "--port", "0"]);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
