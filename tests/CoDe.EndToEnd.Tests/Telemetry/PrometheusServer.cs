using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CoDe.Testing.Processes;

namespace CoDe.EndToEnd.Telemetry;

/// <summary>Debian's Prometheus on a free port of loopback, with its data in a folder that goes with it.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    public const string Program = "/usr/bin/prometheus";

    private const string Announcement = "msg=\"Listening on\" address=";

    private readonly Process _process;
    private readonly string _folder;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _read;

    private PrometheusServer(Process process, string folder)
    {
        _process = process;
        _folder = folder;
        _read = ReadAsync();
    }

    public IReadOnlyCollection<string> Lines => _lines;

    public static async Task<PrometheusServer> StartAsync(params Uri[] targets)
    {
        var folder = Directory.CreateTempSubdirectory("code-prometheus-").FullName;
        var configuration = Path.Combine(folder, "prometheus.yml");
        var list = string.Join(", ", targets.Select(target => $"'{target.Authority}'"));
        await File.WriteAllTextAsync(configuration, $"""
            global:
              scrape_interval: 1s
            scrape_configs:
              - job_name: code
                static_configs:
                  - targets: [{list}]
            """);
        var start = new ProcessStartInfo(
            Program,
            [
                $"--config.file={configuration}", $"--storage.tsdb.path={folder}/data",
                "--web.listen-address=127.0.0.1:0",
            ])
        {
            RedirectStandardError = true,
        };
        var server = new PrometheusServer(Process.Start(start)!, folder);
        await Task.WhenAny(server._address.Task, server._read);
        return server._address.Task.IsCompleted
            ? server
            : throw new InvalidOperationException(string.Join('\n', server.Lines));
    }

    /// <summary>Asks until the answer is as expected, for at most half a minute.</summary>
    /// <returns>The last answer, null where there was none.</returns>
    public async Task<double?> ValueAsync(string query, double expected)
    {
        using var http = new HttpClient { BaseAddress = await _address.Task };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        double? value = null;
        while (value != expected && !patience.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            var answer = JsonNode.Parse(
                await http.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}"));
            var samples = answer!["data"]!["result"]!.AsArray();
            value = samples.Count == 0 ? null : double.Parse(
                samples[0]!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture);
        }

        return value;
    }

    public async ValueTask DisposeAsync()
    {
        Signals.Terminate(_process.Id);
        await _process.WaitForExitAsync();
        await _read;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            if (line.IndexOf(Announcement, StringComparison.Ordinal) is >= 0 and var start)
            {
                _address.TrySetResult(new Uri($"http://{line[(start + Announcement.Length)..]}"));
            }
        }
    }
}
