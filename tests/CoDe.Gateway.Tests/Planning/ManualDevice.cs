namespace CoDe.Gateway.Tests.Planning;

/// <summary>
/// Device of a <see cref="StageDouble"/> whose batches take time of a test's clock: one at a time, refining ones first.
/// </summary>
/// <param name="now">Seconds of the clock.</param>
/// <param name="secondsOf">Seconds of a batch.</param>
internal sealed class ManualDevice(Func<double> now, Func<ManualBatch, double> secondsOf)
{
    private readonly Lock _lock = new();
    private readonly List<ManualBatch> _came = [];
    private readonly Queue<ManualBatch> _drafts = new();
    private readonly Queue<ManualBatch> _refines = new();
    private ManualBatch? _running;

    /// <summary>Gets when the running batch ends; infinity while none runs.</summary>
    public double End { get; private set; } = double.PositiveInfinity;

    /// <summary>Draft batches that have come.</summary>
    public int Drafted { get; private set; }

    /// <summary>Refine batches that have come.</summary>
    public int Refined { get; private set; }

    /// <summary>Seconds of all batches that have begun.</summary>
    public double Drafting { get; private set; }

    public double Refining { get; private set; }

    /// <param name="call">As in <see cref="StageDouble.Calls"/>, with the number of the image as its label.</param>
    public Task TakeAsync(string call)
    {
        var labels = call.Split(": ")[1].Split(' ');
        var batch = new ManualBatch(
            call.StartsWith("refine", StringComparison.Ordinal), [.. labels.Select(int.Parse)]);
        lock (_lock)
        {
            _came.Add(batch);
            Drafted += batch.IsRefining ? 0 : 1;
            Refined += batch.IsRefining ? 1 : 0;
        }

        return batch.Done.Task;
    }

    /// <summary>
    /// Takes over what has come, in the order in which it was given out: after a draft the gateway gives the drafter a
    /// batch before it gives a refiner the draft.
    /// </summary>
    public void Settle()
    {
        lock (_lock)
        {
            foreach (var batch in _came.OrderBy(batch => batch.Images[0]))
            {
                (batch.IsRefining ? _refines : _drafts).Enqueue(batch);
            }

            _came.Clear();
            Begin(_drafts, _refines);
        }
    }

    /// <summary>Ends the running batch, whose call then goes on, and begins the next.</summary>
    public ManualBatch Finish()
    {
        lock (_lock)
        {
            var done = _running!;
            _running = null;
            End = double.PositiveInfinity;
            Begin(_refines, _drafts);
            done.Done.SetResult();
            return done;
        }
    }

    private void Begin(Queue<ManualBatch> first, Queue<ManualBatch> second)
    {
        if (_running is null && (first.TryDequeue(out var batch) || second.TryDequeue(out batch)))
        {
            var seconds = secondsOf(batch);
            _running = batch;
            End = now() + seconds;
            Drafting += batch.IsRefining ? 0 : seconds;
            Refining += batch.IsRefining ? seconds : 0;
        }
    }
}

/// <summary>Images, by number, that a device has at once.</summary>
internal sealed record ManualBatch(bool IsRefining, int[] Images)
{
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
