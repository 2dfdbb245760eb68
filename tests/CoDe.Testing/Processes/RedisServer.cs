using System.Diagnostics;
using CoDe.Hosting.Listening;

namespace CoDe.Testing.Processes;

/// <summary>
/// A Redis on a free port of loopback, with its data in a folder that goes with it: Debian's redis-server, or Garnet
/// where that is not installed.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const string Debians = "/usr/bin/redis-server";
    private const string Announcement = "Ready to accept connections";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-redis-").FullName;
    private readonly bool _isGarnet;
    private readonly bool _hasTls;
    private readonly string[] _ports;
    private Process _process;

    private RedisServer(bool isGarnet, params string[] tls)
    {
        _isGarnet = isGarnet;
        _hasTls = tls.Length > 0;
        _ports = _hasTls ? ["--port", "0", "--tls-port", $"{Port}", .. tls] : ["--port", $"{Port}"];
        _process = Start();
    }

    /// <summary>Gets whether redis-server is installed, which TLS needs.</summary>
    public static bool IsInstalled => File.Exists(Debians);

    public int Port { get; } = FreePort.Find();

    /// <summary>The setting that gives it to a gateway.</summary>
    public string Setting => $"--Gateway:Redis=127.0.0.1:{Port}{(_hasTls ? ",ssl=true" : "")}";

    public static async Task<RedisServer> StartAsync(bool isGarnet = false)
    {
        var server = new RedisServer(isGarnet || !IsInstalled);
        await server.ReadyAsync();
        return server;
    }

    /// <summary>Starts a redis-server whose clients have to present a certificate.</summary>
    /// <param name="authority">PEM file of the authority of its clients.</param>
    public static async Task<RedisServer> StartWithTlsAsync(string certificate, string key, string authority)
    {
        var server = new RedisServer(
            isGarnet: false, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority);
        await server.ReadyAsync();
        return server;
    }

    /// <summary>Makes it hang: it keeps its connections and does nothing.</summary>
    public void Pause() => Signals.Pause(_process.Id);

    /// <summary>Ends it as a crash would, and starts it again with the data that it kept.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAgainAsync();
    }

    /// <summary>Ends it as a crash would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Starts it after it was killed, with the data that it kept.</summary>
    public async Task StartAgainAsync()
    {
        _process.Dispose();
        _process = Start();
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start()
    {
        var program = _isGarnet ? Path.Combine(AppContext.BaseDirectory, "CoDe.GarnetServer") : Debians;
        string[] durable = _isGarnet
            ?
            [
                "--checkpointdir", _folder, "--lua", "--recover", "--aof", "--aof-commit-freq", "0",
                "--memory", "64m", "--index", "4m", "--device-type", "RandomAccess",
            ]
            : ["--dir", _folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""];
        string[] arguments = [.. _ports, "--bind", "127.0.0.1", .. durable];
        return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
    }

    private async Task ReadyAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(Announcement, StringComparison.Ordinal))
            {
                _ = _process.StandardOutput.ReadToEndAsync();
                return;
            }
        }

        throw new InvalidOperationException("The Redis ended before it was ready.");
    }
}
