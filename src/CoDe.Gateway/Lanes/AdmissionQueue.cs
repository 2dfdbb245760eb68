using CoDe.Flow;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Queue of waiting images, by priority; within one, callers and their requests take turns. It takes a request whole
/// or not at all, and a cancelled one leaves at once. No operation visits more images than it moves, so a long queue
/// costs no more.
/// </summary>
internal sealed class AdmissionQueue(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Priority, BatchKey Key), TurnQueue> _lanes = [];
    private readonly Dictionary<BatchKey, int> _depths = [];
    private readonly Dictionary<string, int> _ofCallers = new(StringComparer.Ordinal);
    private int _waiting;
    private long _came;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <param name="accepted">
    /// Called with the number of images that wait before these, once they are accepted and before they are processed.
    /// </param>
    /// <param name="wasAccepted">True for images that an earlier dispatcher accepted: they exceed the limit.</param>
    /// <exception cref="OverloadedException">They do not all fit.</exception>
    public void Add(IReadOnlyList<WorkItem> items, Action<int>? accepted = null, bool wasAccepted = false)
    {
        foreach (var image in Insert(items, accepted, wasAccepted))
        {
            image.Leave = image.Item.Cancellation.UnsafeRegister(_ => Drop(image), null);
        }
    }

    /// <summary>
    /// Predicts the images that are served before the last of these: all of a higher priority; a turn of each other
    /// request of the caller for each turn that these need, but no more than twice those that wait, since later ones
    /// take their turns too; and of each other caller as many as of this one, with the same bound.
    /// </summary>
    public int AheadOf(string caller, int priority, int images)
    {
        lock (_lock)
        {
            var higher = _lanes.Where(lane => lane.Key.Priority < priority).Sum(lane => lane.Value.Count);
            var equal = _lanes.Where(lane => lane.Key.Priority == priority)
                .SelectMany(lane => lane.Value.Callers).ToLookup(each => each.Caller == caller);
            var turns = (images + TurnQueue.ImagesOfATurn - 1) / TurnQueue.ImagesOfATurn;
            var own = equal[true].Sum(each => (int)Math.Min(2L * each.Images, (long)turns * each.InOneTurn));
            return higher + own + equal[false].Sum(each => Math.Min(2 * each.Images, own + images));
        }
    }

    /// <summary>Number of waiting images of a caller.</summary>
    public int WaitingOf(string caller)
    {
        lock (_lock)
        {
            return _ofCallers.GetValueOrDefault(caller);
        }
    }

    /// <summary>Number of waiting images of each kind that ever waited.</summary>
    public IReadOnlyDictionary<BatchKey, int> Depths()
    {
        lock (_lock)
        {
            return new Dictionary<BatchKey, int>(_depths);
        }
    }

    /// <summary>Kinds of the images that wait, the first to be served first.</summary>
    public IReadOnlyList<BatchKey> Keys()
    {
        lock (_lock)
        {
            return [.. _lanes
                .OrderBy(lane => lane.Key.Priority).ThenBy(lane => lane.Value.Oldest)
                .Select(lane => lane.Key.Key).Distinct()];
        }
    }

    /// <summary>
    /// Takes this many images of a kind in their order, or fewer once the first of them has waited for more.
    /// </summary>
    public IReadOnlyList<WorkItem> Take(BatchKey key, int most)
    {
        var taken = new List<WorkItem>();
        lock (_lock)
        {
            var lanes = _lanes.Where(lane => lane.Key.Key == key).OrderBy(lane => lane.Key.Priority).ToArray();
            if (lanes.Sum(lane => lane.Value.Count) < most && !lanes.Any(lane => lane.Value.HasWaited))
            {
                return [];
            }

            foreach (var (lane, images) in lanes)
            {
                while (taken.Count < most && images.Count > 0)
                {
                    var image = images.Take();
                    Count(image.Item, -1);

                    // Not Dispose, which waits for a callback that waits for this lock.
                    image.Leave.Unregister();
                    taken.Add(image.Item);
                }

                RemoveIfEmpty(lane, images);
            }
        }

        return taken;
    }

    private IReadOnlyList<QueuedImage> Insert(
        IReadOnlyList<WorkItem> items, Action<int>? accepted, bool wasAccepted)
    {
        lock (_lock)
        {
            if (!wasAccepted)
            {
                ThrowIfFull(items);
            }

            accepted?.Invoke(_waiting);
            return [.. items.Select(Insert)];
        }
    }

    private void ThrowIfFull(IReadOnlyList<WorkItem> items)
    {
        var free = limit - _waiting - items.Count;
        if (free < 0)
        {
            throw new OverloadedException($"{_waiting} of at most {limit} images wait");
        }

        var own = items.Count == 0 ? 0 : _ofCallers.GetValueOrDefault(items[0].Caller);
        if (FairShare.IsExceeded(own, items.Count, free))
        {
            throw new OverloadedException(
                $"{own} images of this caller wait, and the rest of the {limit} places is kept for others");
        }
    }

    private QueuedImage Insert(WorkItem item)
    {
        var lane = (item.Priority, item.Key);
        if (!_lanes.TryGetValue(lane, out var images))
        {
            _lanes[lane] = images = new TurnQueue();
        }

        var image = new QueuedImage(item, _came++);
        images.Add(image);
        Count(item, 1);
        return image;
    }

    /// <summary>Removes an image that its client has cancelled.</summary>
    private void Drop(QueuedImage image)
    {
        var item = image.Item;
        lock (_lock)
        {
            if (image.Place is null)
            {
                return;
            }

            var lane = (item.Priority, item.Key);
            var images = _lanes[lane];
            images.Remove(image);
            Count(item, -1);
            RemoveIfEmpty(lane, images);
        }

        item.Fail(new OperationCanceledException(item.Cancellation));
    }

    /// <summary>Counts an image that came or left. Requires the lock.</summary>
    private void Count(WorkItem item, int change)
    {
        _waiting += change;
        _depths[item.Key] = _depths.GetValueOrDefault(item.Key) + change;
        var own = _ofCallers.GetValueOrDefault(item.Caller) + change;
        if (own == 0)
        {
            _ofCallers.Remove(item.Caller);
        }
        else
        {
            _ofCallers[item.Caller] = own;
        }
    }

    private void RemoveIfEmpty((int Priority, BatchKey Key) lane, TurnQueue images)
    {
        if (images.Count == 0)
        {
            _lanes.Remove(lane);
        }
    }
}
