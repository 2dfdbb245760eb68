using CoDe.Telemetry;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Keeps the last batches of all devices. A reader that comes too late misses batches, so that none costs memory.
/// </summary>
/// <remarks>
/// A replica works on one batch at a time, though the gateway gives it the next before: on the device a batch begins
/// once the one before it has ended.
/// </remarks>
internal sealed class BatchHistory(TimeProvider time)
{
    /// <summary>Batches that are kept.</summary>
    public const int Most = 1024;

    /// <summary>Time over which the work of a stage is measured.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Guid _id = Guid.NewGuid();
    private readonly DateTime _startTime = time.GetUtcNow().UtcDateTime;
    private readonly long _start = time.GetTimestamp();
    private readonly Queue<StageBatch> _done = new();
    private readonly LinkedList<StageBatch> _running = [];
    private long _count;
    private DateTime _forgottenUntil = time.GetUtcNow().UtcDateTime;

    /// <summary>Steady: the clock of the machine may be set.</summary>
    private DateTime Now => _startTime + time.GetElapsedTime(_start);

    /// <summary>Records that a replica was given a batch.</summary>
    /// <returns>Records, with a name of <see cref="OutcomeNames"/>, that the replica has ended it.</returns>
    public Action<string> Begin(string stage, string replica, BatchKey key, int images)
    {
        lock (_lock)
        {
            var node = _running.AddLast(new StageBatch(stage, replica, key, images, Now, null, ""));
            return outcome => End(node, outcome);
        }
    }

    /// <summary>Reads the batches that ended after a position, or all where it is of another history.</summary>
    public HistoryReading Read(HistoryPosition after)
    {
        lock (_lock)
        {
            var forgotten = _count - _done.Count;
            var read = after.History == _id ? after.Count : forgotten;
            var now = Now;
            return new HistoryReading(
                new HistoryPosition(_id, _count),
                Math.Max(0, forgotten - read),
                now,
                [.. _done.Skip((int)Math.Max(0, read - forgotten))],
                [.. _running.DistinctBy(batch => batch.Replica).Select(OnDevice)],
                WorkUntil(now));
        }
    }

    private void End(LinkedListNode<StageBatch> node, string outcome)
    {
        lock (_lock)
        {
            _running.Remove(node);
            _done.Enqueue(OnDevice(node.Value) with { End = Now, Outcome = outcome });
            _count++;
            if (_done.Count > Most)
            {
                _forgottenUntil = _done.Dequeue().End!.Value;
            }
        }
    }

    /// <summary>Moves the start of a batch to when the device was free. Requires the lock.</summary>
    private StageBatch OnDevice(StageBatch given)
    {
        var free = _done.LastOrDefault(batch => batch.Replica == given.Replica)?.End;
        return free > given.Start ? given with { Start = free.Value } : given;
    }

    /// <summary>Measures the stages over the window, or what of it is known. Requires the lock.</summary>
    private Dictionary<string, StageWork> WorkUntil(DateTime now)
    {
        var from = _forgottenUntil > now - Window ? _forgottenUntil : now - Window;
        var seconds = (now - from).TotalSeconds;
        var running = _running.DistinctBy(batch => batch.Replica).Select(OnDevice);
        return seconds <= 0 ? [] : _done.Where(batch => batch.Outcome == OutcomeNames.Done && batch.End > from)
            .Concat(running).GroupBy(batch => batch.Stage).ToDictionary(
                stage => stage.Key,
                stage => WorkOf([.. stage], from, now));
    }

    private static StageWork WorkOf(IReadOnlyList<StageBatch> batches, DateTime from, DateTime until)
    {
        var seconds = (until - from).TotalSeconds;
        StageBatch[] done = [.. batches.Where(batch => batch.End is not null)];
        return new StageWork(
            batches.Sum(batch => ((batch.End ?? until) - (batch.Start > from ? batch.Start : from)).TotalSeconds)
                / seconds,
            done.Length,
            done.Sum(batch => batch.Images),
            done.Where(batch => batch.Key.Steps > 0).Sum(batch => batch.Images) / seconds);
    }
}
