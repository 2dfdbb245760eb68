using System.Diagnostics;
using System.Threading.Channels;
using CoDe.Compute;
using CoDe.Flow;

namespace CoDe.Hosting;

/// <summary>A device and the one thread that owns it: work is done in the order it comes, and a bounded number of pieces waits.</summary>
public sealed class Device : IAsyncDisposable
{
    private readonly Channel<Action> _work;
    private readonly Thread _owner;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _outstanding;
    private long _busyTicks;

    public Device(IBackend backend, int queueLimit)
    {
        Backend = backend;
        _work = Channel.CreateBounded<Action>(new BoundedChannelOptions(queueLimit) { SingleReader = true });
        _owner = new Thread(Own) { IsBackground = true, Name = "device" };
        _owner.Start();
    }

    /// <summary>For the owner's thread alone, and for loading before there is work.</summary>
    public IBackend Backend { get; }

    /// <summary>Pieces of work that wait or are done now.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Time spent on work since the start; beside the wall clock it says how well the device is used.</summary>
    public TimeSpan Busy => TimeSpan.FromTicks(Volatile.Read(ref _busyTicks));

    /// <summary>Has the owner do a piece of work. Cancelled while it waits, it costs nothing.</summary>
    /// <exception cref="DeviceBusyException">As much waits as may.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref _outstanding);
        if (!_work.Writer.TryWrite(() => Do(work, done, cancellation)))
        {
            Interlocked.Decrement(ref _outstanding);
            throw new DeviceBusyException();
        }

        return done.Task;
    }

    /// <summary>Waits for what was accepted; nothing is accepted any more.</summary>
    public Task DrainAsync()
    {
        _work.Writer.TryComplete();
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
            var result = work();
            Interlocked.Decrement(ref _outstanding);
            done.SetResult(result);
        }
        catch (Exception error)
        {
            Interlocked.Decrement(ref _outstanding);
            done.SetException(error);
        }
    }

    private void Own()
    {
        var reader = _work.Reader;
        while (reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (reader.TryRead(out var work))
            {
                var started = Stopwatch.GetTimestamp();
                work();
                Volatile.Write(ref _busyTicks, _busyTicks + Stopwatch.GetElapsedTime(started).Ticks);
            }
        }

        _ended.SetResult();
    }
}
