using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Part of a service that takes time before it can be used.</summary>
public interface ILoading
{
    /// <param name="cancellation">Signals that shutdown began.</param>
    Task LoadAsync(CancellationToken cancellation);
}

/// <summary>Loads a service after its port is bound and before it takes work.</summary>
public static class LoadingExtensions
{
    /// <summary>Loads the parts of a started service; then it is ready and its health is SERVING.</summary>
    /// <exception cref="OperationCanceledException">Shutdown began; parts that still load are not awaited.</exception>
    public static async Task LoadAsync(this WebApplication app, CancellationToken cancellation)
    {
        foreach (var part in app.Services.GetServices<ILoading>())
        {
            await part.LoadAsync(cancellation).WaitAsync(cancellation).ConfigureAwait(false);
        }

        app.Services.GetRequiredService<Readiness>().Loaded();
        app.Services.ReportServing();
    }

    /// <summary>Starts a service and loads it.</summary>
    public static async Task StartAndLoadAsync(this WebApplication app)
    {
        await app.StartAsync().ConfigureAwait(false);
        await app.LoadAsync(app.Lifetime.ApplicationStopping).ConfigureAwait(false);
    }
}
