using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Lifecycle;

/// <summary>
/// Finishes what was accepted before the host closes the port: until then whoever asks is told that the service is ending. What is over the
/// bound is cancelled, when Kestrel closes its connection.
/// </summary>
internal sealed class Drain(Readiness readiness, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        lifetime.StopApplication();
        await readiness.IdleAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
