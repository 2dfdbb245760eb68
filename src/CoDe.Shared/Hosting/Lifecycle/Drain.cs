using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Lifecycle;

/// <summary>
/// Finishes accepted calls before the host closes the port; meanwhile new calls are refused. Calls that exceed the
/// shutdown timeout are cancelled when Kestrel closes their connections.
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
