namespace CoDe.Testing.Processes;

/// <summary>A service process that can be killed and started again on the same port.</summary>
public sealed class RestartableService : IAsyncDisposable
{
    private readonly Func<int, Task<ServiceProcess>> _start;

    private RestartableService(Func<int, Task<ServiceProcess>> start, ServiceProcess process)
        => (_start, Process, Port) = (start, process, process.Port);

    public ServiceProcess Process { get; private set; }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    /// <param name="start">Is given the port; 0 for any that is free.</param>
    public static async Task<RestartableService> StartAsync(Func<int, Task<ServiceProcess>> start)
        => new(start, await start(0));

    public Task KillAsync() => Process.KillAsync();

    public async Task StartAgainAsync()
    {
        await Process.DisposeAsync();
        Process = await _start(Port);
    }

    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAgainAsync();
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
