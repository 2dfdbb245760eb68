using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace CoDe.Interop;

/// <summary>A server process that says <c>listening on PORT</c>; ended by its process id.</summary>
public sealed class PeerServer : IDisposable
{
    private const string Announcement = "listening on ";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = [];

    private PeerServer(Process process, int port)
    {
        (_process, Port) = (process, port);
        _ = ListenAsync();
    }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>Lines after the first: nothing, unless it logs.</summary>
    public IReadOnlyCollection<string> Said => _said;

    /// <exception cref="InvalidOperationException">It ended, or said something else.</exception>
    public static PeerServer Start(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var line = process.StandardOutput.ReadLine();
        return line?.StartsWith(Announcement, StringComparison.Ordinal) == true
            ? new PeerServer(process, int.Parse(line.AsSpan(Announcement.Length), CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} said: {line}");
    }

    /// <summary>The server of this project as a process of its own.</summary>
    public static PeerServer StartOurs(IReadOnlyDictionary<string, string>? environment = null, params string[] options)
        => Start(Path.Combine(AppContext.BaseDirectory, "interop"), ["server", "--port", "0", .. options], environment);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    /// <summary>Read on, so that a server that logs much is not held up.</summary>
    private async Task ListenAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _said.Enqueue(line);
        }
    }
}
