using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CoDe.Hosting.Lifecycle;

/// <summary>Part of a service that takes time before it can be used.</summary>
public interface ILoading
{
    /// <param name="cancellation">The service was told to end.</param>
    Task LoadAsync(CancellationToken cancellation);
}

/// <summary>Loads a service after its port is bound and before it takes work.</summary>
public static class LoadingExtensions
{
    /// <summary>Loads what a started service consists of; then it is ready, and says so to whoever watches its health.</summary>
    /// <exception cref="OperationCanceledException">It was told to end before; what loads is not waited for.</exception>
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
