namespace CoDe.Gateway.Jobs;

/// <summary>A job that is being made at this gateway.</summary>
/// <param name="shutdown">Ends the run, so that another gateway goes on.</param>
internal sealed class JobRun(string id, JobOrder order, CancellationToken shutdown) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(shutdown);
    private NumberSet _done = new();
    private bool _hasProgress;
    private string _obstacle = "";

    public string Id => id;

    public JobOrder Order => order;

    public CancellationToken Stopping => _stop.Token;

    /// <summary>Completes when all images are on disk, or the job failed or was stopped; never faulted.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Reason of the failure, once the job is completed; null where it did not fail.</summary>
    public string? Failure { get; private set; }

    /// <summary>Gets whether it was stopped before its end.</summary>
    public bool IsStopped => Completion.IsCompleted && Failure is null && Stopping.IsCancellationRequested;

    /// <summary>Reason for which the job waits; empty while it makes progress.</summary>
    public string Obstacle
    {
        get => Volatile.Read(ref _obstacle);
        set => Volatile.Write(ref _obstacle, value);
    }

    public void Start(Func<JobRun, Task> make) => Completion = Task.Run(() => MakeAsync(make));

    /// <summary>Takes over the images that are on disk from before.</summary>
    public void Open(NumberSet done)
    {
        lock (_lock)
        {
            _done = done;
            _hasProgress = true;
        }
    }

    /// <summary>Adds an image that is on disk.</summary>
    public void Add(int number)
    {
        lock (_lock)
        {
            _done.Add(number);
            _hasProgress = true;
        }

        Obstacle = "";
    }

    public int[] Missing()
    {
        lock (_lock)
        {
            return [.. _done.Missing(order.Images)];
        }
    }

    /// <summary>Takes the ranges of what is done; null where nothing came since the last time.</summary>
    public int[]? TakeProgress()
    {
        lock (_lock)
        {
            var progress = _hasProgress ? _done.ToRanges() : null;
            _hasProgress = false;
            return progress;
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    public void Dispose() => _stop.Dispose();

    private async Task MakeAsync(Func<JobRun, Task> make)
    {
        try
        {
            await make(this).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // Another gateway goes on, or the job was cancelled.
        }
        catch (Exception error)
        {
            Failure = error.Message;
            await _stop.CancelAsync().ConfigureAwait(false);
        }
    }
}
