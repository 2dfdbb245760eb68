using CoDe.Flow;
using Microsoft.Extensions.Hosting;

namespace CoDe.Hosting.Lifecycle;

/// <summary>
/// Readiness of a service: it takes no work while it loads or shuts down. Counts the calls in progress.
/// </summary>
public sealed class Readiness(IHostApplicationLifetime lifetime)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    public bool IsLoading => !_loaded.Task.IsCompleted;

    /// <summary>Completes when all parts of the service are loaded.</summary>
    public Task WhenLoaded => _loaded.Task;

    /// <summary>Completes with the error that ends the service.</summary>
    public Task<Exception> WhenFailed => _failed.Task;

    public bool IsReady => Obstacle is null;

    /// <summary>Gets the reason for taking no work, in a sentence; null when ready.</summary>
    public string? Obstacle
        => WhenFailed.IsCompleted ? "The service is ending, since a part of it failed."
        : IsEnding ? "The service is shutting down."
        : IsLoading ? "The service is loading its models; try again later."
        : null;

    private bool IsEnding => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Ends the service with exit code 1 once a part of it has failed.</summary>
    /// <param name="failure">Completes with the error of the part.</param>
    public void FailWith<T>(Task<T> failure)
        where T : Exception
        => failure.ContinueWith(
            failed => _failed.TrySetResult(failed.Result), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);

    internal void Loaded() => _loaded.TrySetResult();

    /// <summary>Counts a call, which must <see cref="Leave"/> at its end.</summary>
    /// <exception cref="NotReadyException">The service is loading or shutting down.</exception>
    public void Enter()
    {
        lock (_lock)
        {
            if (Obstacle is { } obstacle)
            {
                throw new NotReadyException(obstacle);
            }

            _calls++;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_calls == 0 && IsEnding)
            {
                _idle.TrySetResult();
            }
        }
    }

    /// <summary>Completes when no call is in progress; for a service that shuts down.</summary>
    internal Task IdleAsync()
    {
        lock (_lock)
        {
            return _calls == 0 ? Task.CompletedTask : _idle.Task;
        }
    }
}
