namespace CoDe.Compute;

/// <summary>Steps of work that were done before, as the device recorded them: a host that tells them again operator by operator is what small batches wait for.</summary>
/// <typeparam name="TStep">What a step depends on besides the contents of its tensors.</typeparam>
public sealed class Recordings<TStep>(IBackend backend) : IDisposable
    where TStep : struct
{
    /// <summary>Batches of many sizes come by; beyond so many steps all are forgotten and recorded anew.</summary>
    private const int MostSteps = 512;

    private readonly Dictionary<TStep, Recording?> _steps = [];

    /// <summary>Does work that is the same whenever the step is the same.</summary>
    public void Run<T>(TStep step, T state, Action<T> work)
    {
        if (!_steps.TryGetValue(step, out var recording))
        {
            RunFirst(step, state, work);
        }
        else if (recording is null)
        {
            work(state);
        }
        else
        {
            recording.Run();
        }
    }

    public void Dispose()
    {
        foreach (var recording in _steps.Values)
        {
            recording?.Dispose();
        }

        _steps.Clear();
    }

    private void RunFirst<T>(TStep step, T state, Action<T> work)
    {
        if (_steps.Count == MostSteps)
        {
            Dispose();
        }

        _steps[step] = backend.Record(() => work(state));
    }
}
