using CoDe.Compute;

namespace CoDe.Stages;

/// <summary>What a step of decoding depends on besides the contents of its tensors.</summary>
/// <param name="Prefix">Whether it reads a prefix of scales, rather than decoding one.</param>
internal readonly record struct Step(bool Prefix, int Scale, int Images, bool Guided, bool Smooth);

/// <summary>Steps that were done before, as the device recorded them: a host that tells them again operator by operator is what small batches wait for.</summary>
internal sealed class Recordings(IBackend backend) : IDisposable
{
    /// <summary>Batches of many sizes come by; beyond so many steps all are forgotten and recorded anew.</summary>
    private const int MostSteps = 512;

    private readonly Dictionary<Step, Recording?> _steps = [];

    /// <summary>Does work that is the same whenever the step is the same.</summary>
    public void Run<T>(Step step, T state, Action<T> work)
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

    private void RunFirst<T>(Step step, T state, Action<T> work)
    {
        if (_steps.Count == MostSteps)
        {
            Dispose();
        }

        _steps[step] = backend.Record(() => work(state));
    }
}
