using System.Collections.Concurrent;
using System.Diagnostics;

namespace CoDe.Testing.Processes;

/// <summary>
/// Service program as a process, from the folder of the program that starts it; ended by its process id.
/// </summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Nothing = [];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _announcement;
    private readonly Task _read;
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(
        string program, string announcement, string[] options, IReadOnlyDictionary<string, string> environment)
    {
        _announcement = announcement;
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), options)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        ProcessId = _process.Id;
        _read = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
    }

    public int Port => _port.Task.Result;

    public int ProcessId { get; }

    /// <summary>Address of its HTTP port.</summary>
    /// <exception cref="InvalidOperationException">It has no HTTP port.</exception>
    public Uri HttpAddress
    {
        get
        {
            const string Announcement = "serves HTTP on ";
            var line = _lines.First(each => each.Contains(Announcement, StringComparison.Ordinal));
            return new Uri(line[(line.IndexOf(Announcement, StringComparison.Ordinal) + Announcement.Length)..]);
        }
    }

    /// <summary>Lines written so far, to either stream.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>
    /// Starts a gateway without a result cache, so that each request is made; an option turns it on. Without options
    /// for stages both run in it.
    /// </summary>
    public static Task<ServiceProcess> StartGatewayAsync(params string[] options)
        => StartGatewayAsync(options, Nothing);

    /// <inheritdoc cref="StartGatewayAsync(string[])"/>
    /// <param name="environment">Variables that it has besides this process's.</param>
    public static Task<ServiceProcess> StartGatewayAsync(
        string[] options, IReadOnlyDictionary<string, string> environment)
        => StartAsync(
            "CoDe.Gateway", "gateway listens on ",
            [
                "--Gateway:Host=127.0.0.1", "--Gateway:Port=0", "--Gateway:HttpPort=0", "--Gateway:CacheMegabytes=0",
                .. options,
            ],
            environment);

    /// <param name="port">Where it listens; 0 for any that is free.</param>
    public static Task<ServiceProcess> StartDrafterAsync(int port = 0, params string[] options)
        => StartDrafterAsync(port, options, Nothing);

    /// <inheritdoc cref="StartDrafterAsync(int, string[])"/>
    /// <param name="environment">Variables that it has besides this process's.</param>
    public static Task<ServiceProcess> StartDrafterAsync(
        int port, string[] options, IReadOnlyDictionary<string, string> environment)
        => StartAsync(
            "CoDe.Drafter", "drafter listens on ",
            [
                "--Drafter:Host=127.0.0.1", $"--Drafter:Port={port}",
                "--Drafter:HttpPort=off", "--Drafter:Device:Threads=1", .. options,
            ],
            environment);

    /// <param name="port">Where it listens; 0 for any that is free.</param>
    public static Task<ServiceProcess> StartRefinerAsync(int port = 0, params string[] options)
        => StartRefinerAsync(port, options, Nothing);

    /// <inheritdoc cref="StartRefinerAsync(int, string[])"/>
    /// <param name="environment">Variables that it has besides this process's.</param>
    public static Task<ServiceProcess> StartRefinerAsync(
        int port, string[] options, IReadOnlyDictionary<string, string> environment)
        => StartAsync(
            "CoDe.Refiner", "refiner listens on ",
            [
                "--Refiner:Host=127.0.0.1", $"--Refiner:Port={port}",
                "--Refiner:HttpPort=off", "--Refiner:Device:Threads=1", .. options,
            ],
            environment);

    /// <summary>
    /// Starts a stage without a model (<c>benchmarks/simulated-stage</c>, which the using program has to reference).
    /// </summary>
    /// <param name="kind">drafter or refiner.</param>
    /// <param name="milliseconds">Of a batch.</param>
    public static Task<ServiceProcess> StartSimulatedStageAsync(
        string kind, double milliseconds, params string[] options)
        => StartAsync(
            "CoDe.SimulatedStage", $"{kind} listens on ",
            ["--kind", kind, "--milliseconds", FormattableString.Invariant($"{milliseconds}"), .. options]);

    /// <summary>Starts a program and waits until it listens.</summary>
    /// <param name="announcement">Text before the address in the line that announces it.</param>
    /// <exception cref="InvalidOperationException">It ended before.</exception>
    public static Task<ServiceProcess> StartAsync(string program, string announcement, params string[] options)
        => StartAsync(program, announcement, options, Nothing);

    private static async Task<ServiceProcess> StartAsync(
        string program, string announcement, string[] options, IReadOnlyDictionary<string, string> environment)
    {
        var service = new ServiceProcess(program, announcement, options, environment);
        await Task.WhenAny(service._port.Task, service._read);
        if (!service._port.Task.IsCompleted)
        {
            await service.DisposeAsync();
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', options)} ended and said: {string.Join('\n', service.Lines)}");
        }

        return service;
    }

    /// <summary>Waits until it has written something, or has ended.</summary>
    public async Task<bool> SaysAsync(string text)
    {
        while (true)
        {
            var (said, isOver) = (Volatile.Read(ref _said).Task, _read.IsCompleted);
            if (isOver || _lines.Any(line => line.Contains(text, StringComparison.Ordinal)))
            {
                return _lines.Any(line => line.Contains(text, StringComparison.Ordinal));
            }

            await Task.WhenAny(said, _read);
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        await _read;
        return _process.ExitCode;
    }

    /// <summary>Ends it as a crash would: SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Ends it as a native library does that calls <c>abort</c>: SIGABRT, until it has ended.</summary>
    public async Task AbortAsync()
    {
        while (!_process.HasExited && Signals.TryAbort(ProcessId))
        {
            await Task.Yield();
        }

        await EndAsync();
    }

    /// <summary>Ends it as a user or an orchestrator would: SIGTERM.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Signals.Terminate(ProcessId);
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader stream)
    {
        while (await stream.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
            Interlocked.Exchange(ref _said, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            if (line.IndexOf(_announcement, StringComparison.Ordinal) is >= 0 and var start)
            {
                _port.TrySetResult(new Uri(line[(start + _announcement.Length)..]).Port);
            }
        }
    }
}
