using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Checks something before anything of the service starts, so that an error is one readable line.</summary>
public abstract class StartupCheck : IHostedLifecycleService
{
    /// <exception cref="IOException">The service cannot start; the message says what to do.</exception>
    public abstract Task StartingAsync(CancellationToken cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
