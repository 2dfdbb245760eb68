using System.Diagnostics;
using CoDe.Engine.Compute;
using CoDe.Flow;

namespace CoDe.Engine.Serving;

/// <summary>Which of what waits for a device goes first.</summary>
public enum Urgency
{
    /// <summary>Finishes images: what was begun does not wait for what begins.</summary>
    Finishing,

    /// <summary>Begins images.</summary>
    Beginning,
}

/// <summary>
/// Device and the one thread that owns it. Work runs by urgency, then in order of arrival. The queue of each urgency is
/// bounded, so neither takes the other's place.
/// </summary>
public sealed class Device : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Action>[] _work = [.. Enum.GetValues<Urgency>().Select(_ => new Queue<Action>())];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DeviceFailedException> _failed = new(
        TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _queueLimit;
    private int _outstanding;
    private long _busyTicks;
    private bool _isDraining;

    /// <param name="queueLimit">The most pieces of an urgency that wait.</param>
    public Device(IBackend backend, int queueLimit)
    {
        (Backend, _queueLimit) = (backend, queueLimit);
        new Thread(Own) { IsBackground = true, Name = "device" }.Start();
    }

    /// <summary>Back end; only the owner's thread may use it.</summary>
    public IBackend Backend { get; }

    /// <summary>Completes when the device fails for good.</summary>
    public Task<DeviceFailedException> WhenFailed => _failed.Task;

    /// <summary>Pieces of work that wait or are done now.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Time spent on work since the start, for comparison with the wall clock.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Volatile.Read(ref _busyTicks));

    /// <summary>Memory in use: of the device, or of the process where the device has none of its own.</summary>
    public long MemoryBytes => Backend.Memory?.Used ?? Environment.WorkingSet;

    /// <summary>Has the owner do a piece of work. Cancelled while it waits, it costs nothing.</summary>
    /// <exception cref="DeviceBusyException">As much waits as may.</exception>
    /// <exception cref="DeviceFailedException">The device failed, now or before.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The work takes more memory than the device has left.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation, Urgency urgency = Urgency.Beginning)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var queue = _work[(int)urgency];
            if (_isDraining || queue.Count >= _queueLimit)
            {
                throw new DeviceBusyException();
            }

            queue.Enqueue(() => Do(work, done, cancellation));
            Interlocked.Increment(ref _outstanding);
            Monitor.Pulse(_gate);
        }

        return done.Task;
    }

    /// <summary>Waits for what was accepted; nothing is accepted any more.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            _isDraining = true;
            Monitor.Pulse(_gate);
        }

        return _ended.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        Backend.Dispose();
    }

    private void Do<T>(Func<T> work, TaskCompletionSource<T> done, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            ThrowIfFailed();
            var result = work();
            Interlocked.Decrement(ref _outstanding);
            done.SetResult(result);
        }
        catch (Exception error)
        {
            Interlocked.Decrement(ref _outstanding);
            done.SetException(Translate(error));
        }
    }

    private void ThrowIfFailed()
    {
        if (_failed.Task.IsCompleted)
        {
            throw _failed.Task.Result;
        }
    }

    /// <summary>Tells failures of the device from those of the work.</summary>
    private Exception Translate(Exception error)
    {
        switch (Backend.FaultOf(error))
        {
            case DeviceFault.Lost:
                var failed = new DeviceFailedException(error);
                _failed.TrySetResult(failed);
                return failed;

            case DeviceFault.OutOfMemory:
                return new OutOfDeviceMemoryException(error);

            default:
                return error;
        }
    }

    private void Own()
    {
        while (Next() is { } work)
        {
            var started = Stopwatch.GetTimestamp();
            work();
            Volatile.Write(ref _busyTicks, _busyTicks + Stopwatch.GetElapsedTime(started).Ticks);
        }

        _ended.SetResult();
    }

    /// <returns>Null when all is done and nothing more will come.</returns>
    private Action? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_work.FirstOrDefault(queue => queue.Count > 0) is { } queue)
                {
                    return queue.Dequeue();
                }

                if (_isDraining)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }
        }
    }
}
