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

    public static Task<PrometheusServer> StartAsync(params Uri[] targets) => StartAsync("", "", targets);

    /// <param name="rules">File of rules that it evaluates; empty for none.</param>
    /// <param name="key">Key that it presents to targets; empty for none.</param>
    public static async Task<PrometheusServer> StartAsync(string rules, string key, params Uri[] targets)
    {
        var folder = Directory.CreateTempSubdirectory("code-prometheus-").FullName;
        var configuration = Path.Combine(folder, "prometheus.yml");
        var list = string.Join(", ", targets.Select(target => $"'{target.Authority}'"));
        await File.WriteAllTextAsync(configuration, $"""
            global:
              scrape_interval: 1s
              evaluation_interval: 1s
            rule_files: ['{rules}']
            scrape_configs:
              - job_name: code
                authorization: {(key.Length == 0 ? "" : $"{{credentials: '{key}'}}")}
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
        return server._address.Task.IsCompleted && await UntilAsync(server.IsReadyAsync)
            ? server
            : throw new InvalidOperationException(string.Join('\n', server.Lines));
    }

    /// <summary>Asks until the answer is as expected, for at most half a minute.</summary>
    /// <returns>The last answer, null where there was none.</returns>
    public async Task<double?> ValueAsync(string query, double expected)
    {
        double? value = null;
        await UntilAsync(async () =>
        {
            var samples = await SamplesAsync(query);
            value = samples.Count == 0 ? null : double.Parse(
                samples[0]!["value"]![1]!.GetValue<string>(), CultureInfo.InvariantCulture);
            return value == expected;
        });
        return value;
    }

    /// <summary>Gets what a query finds now.</summary>
    public async Task<JsonArray> SamplesAsync(string query)
        => (await GetAsync($"query?query={Uri.EscapeDataString(query)}"))["result"]!.AsArray();

    /// <summary>Asks until a condition holds, for at most half a minute.</summary>
    /// <returns>Whether it held.</returns>
    public static async Task<bool> UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (!await condition())
        {
            if (patience.IsCancellationRequested)
            {
                return false;
            }

            await timer.WaitForNextTickAsync();
        }

        return true;
    }

    /// <summary>Gets the data of an answer of its API.</summary>
    /// <param name="path">Such as <c>rules</c>, with the query.</param>
    /// <exception cref="HttpRequestException">It refused, such as a query that is none.</exception>
    public async Task<JsonNode> GetAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = await _address.Task };
        return JsonNode.Parse(await http.GetStringAsync($"/api/v1/{path}"))!["data"]!;
    }

    public async ValueTask DisposeAsync()
    {
        Signals.Terminate(_process.Id);
        await _process.WaitForExitAsync();
        await _read;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>It listens before it has opened its data.</summary>
    private async Task<bool> IsReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = await _address.Task };
        using var answer = await http.GetAsync("/-/ready");
        return answer.IsSuccessStatusCode;
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
