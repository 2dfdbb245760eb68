using CoDe.Hosting.Lifecycle;
using CoDe.Hosting.Startup;
using CoDe.Worker;

namespace CoDe.Gateway.Embedded;

/// <summary>A worker in the gateway's process, over gRPC on loopback: what runs without any configuration.</summary>
/// <param name="args">The command line of the gateway.</param>
internal sealed class EmbeddedStages(string[] args) : IAsyncDisposable
{
    /// <summary>Settings of the worker that are not configured: only this process reaches it.</summary>
    public static IReadOnlyList<(string Key, string Value)> Chosen { get; } =
    [
        ("Host", "127.0.0.1"), ("Port", "0"), ("HttpPort", "off"),
        ("Tls:Certificate", ""), ("Tls:Key", ""), ("Tls:ClientAuthority", ""),
    ];

    private readonly WebApplication _worker = WorkerHost.CreatePart(
        [
            .. args,
            .. Chosen.Select(setting => $"--{WorkerHost.Section}:{setting.Key}={setting.Value}"),
            // The certificate is that of the gateway's ports.
            "--Kestrel:Certificates:Default:Path=",
            "--Kestrel:Certificates:Default:KeyPath=",
            "--Kestrel:Certificates:Default:Password=",
        ],
        builder => builder.Services.AddSingleton<IHostLifetime, PartOfTheGateway>());

    /// <summary>Serves both stages; once it is started.</summary>
    public string Address => $"http://127.0.0.1:{ServiceHost.PortOf(_worker)}";

    /// <summary>Completes with the error that ends the worker, and so the gateway.</summary>
    public Task<Exception> WhenFailed => _worker.Services.GetRequiredService<Readiness>().WhenFailed;

    public async Task LoadAsync(CancellationToken cancellation)
    {
        await _worker.StartAsync(cancellation);
        await _worker.LoadAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync();
        await _worker.DisposeAsync();
    }

    /// <summary>Leaves signals to the gateway, which still needs the stages to finish what it accepted.</summary>
    private sealed class PartOfTheGateway : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
