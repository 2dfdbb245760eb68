using CoDe.Flow;

namespace CoDe.SimulatedStage;

/// <summary>
/// Takes one batch at a time and as long as it is told, without computing. Where batches wait, each counts from when
/// the one before it was due, so timers that fire late do not make the device slower than it should be.
/// </summary>
internal sealed class SimulatedDevice(TimeSpan perBatch, TimeSpan perImage, int queueLimit, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private int _outstanding;
    private long _free;
    private long _busyTicks;

    /// <summary>Batches that wait or are done now.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Time of all batches that are done.</summary>
    public TimeSpan Busy => new(Volatile.Read(ref _busyTicks));

    /// <summary>Ends when a batch of so many images is done.</summary>
    /// <exception cref="DeviceBusyException">As many batches wait as may.</exception>
    public async Task RunAsync(int images, CancellationToken cancellation)
    {
        try
        {
            // One is done while the others wait.
            if (Interlocked.Increment(ref _outstanding) > queueLimit + 1)
            {
                throw new DeviceBusyException();
            }

            await OccupyAsync(perBatch + (images * perImage), cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _outstanding);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task OccupyAsync(TimeSpan taken, CancellationToken cancellation)
    {
        var came = time.GetTimestamp();
        await _turn.WaitAsync(cancellation);
        try
        {
            _free = Math.Max(came, _free) + (long)(taken.TotalSeconds * time.TimestampFrequency);
            var left = time.GetElapsedTime(time.GetTimestamp(), _free);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, cancellation);
            }

            _busyTicks += taken.Ticks;
        }
        catch (OperationCanceledException)
        {
            _free = time.GetTimestamp();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }
}
