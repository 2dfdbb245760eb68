using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CoDe.Testing.Processes;

/// <summary>Debian's redis-server on a free port of loopback, with its data in a folder that goes with it.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    public const string Program = "/usr/bin/redis-server";

    private const string Announcement = "Ready to accept connections";

    private readonly string _folder = Directory.CreateTempSubdirectory("code-redis-").FullName;
    private readonly int _port = FreePort();
    private Process _process;

    private RedisServer() => _process = Start();

    /// <summary>The setting that gives it to a gateway.</summary>
    public string Setting => $"--Gateway:Redis=127.0.0.1:{_port}";

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer();
        await server.ReadyAsync();
        return server;
    }

    /// <summary>Ends it as a crash would, and starts it again with the data that it kept.</summary>
    public async Task RestartAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = Start();
        await ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Signals.Terminate(_process.Id);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private Process Start()
        => Process.Start(new ProcessStartInfo(
            Program,
            [
                "--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder, "--appendonly", "yes",
                "--appendfsync", "always", "--save", "",
            ])
        {
            RedirectStandardOutput = true,
        })!;

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

        throw new InvalidOperationException("redis-server ended before it was ready.");
    }
}
