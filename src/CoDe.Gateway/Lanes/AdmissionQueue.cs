using CoDe.Flow;

namespace CoDe.Gateway.Lanes;

/// <summary>
/// Queue of waiting images, by priority and then in order of arrival. It takes a request whole or not at all, and a
/// cancelled one leaves at once. No operation visits more images than it moves, so a long queue costs no more.
/// </summary>
internal sealed class AdmissionQueue(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Priority, BatchKey Key), LinkedList<Entry>> _lanes = [];
    private readonly Dictionary<BatchKey, int> _depths = [];
    private int _waiting;
    private long _came;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <param name="accepted">
    /// Called with the number of images that wait before these, once they are accepted and before they are processed.
    /// </param>
    /// <exception cref="OverloadedException">They do not all fit.</exception>
    public void Add(IReadOnlyList<ImageJob> jobs, Action<int>? accepted = null)
    {
        foreach (var node in Insert(jobs, accepted))
        {
            node.Value.Leave = node.Value.Job.Cancellation.UnsafeRegister(_ => Drop(node), null);
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
                .OrderBy(lane => lane.Key.Priority).ThenBy(lane => lane.Value.First!.Value.Number)
                .Select(lane => lane.Key.Key).Distinct()];
        }
    }

    /// <summary>
    /// Takes this many images of a kind in their order, or fewer once the first of them has waited for more.
    /// </summary>
    public IReadOnlyList<ImageJob> Take(BatchKey key, int most)
    {
        var taken = new List<ImageJob>();
        lock (_lock)
        {
            var lanes = _lanes.Where(lane => lane.Key.Key == key)
                .OrderBy(lane => lane.Key.Priority).Select(lane => lane.Value).ToArray();
            if (lanes.Sum(lane => lane.Count) < most && !lanes.Any(lane => lane.First!.Value.Job.HasWaited))
            {
                return [];
            }

            foreach (var lane in lanes)
            {
                while (taken.Count < most && lane.First is { } node)
                {
                    Remove(node);

                    // Not Dispose, which waits for a callback that waits for this lock.
                    node.Value.Leave.Unregister();
                    taken.Add(node.Value.Job);
                }
            }
        }

        return taken;
    }

    private IReadOnlyList<LinkedListNode<Entry>> Insert(IReadOnlyList<ImageJob> jobs, Action<int>? accepted)
    {
        lock (_lock)
        {
            if (_waiting + jobs.Count > limit)
            {
                throw new OverloadedException($"{_waiting} of at most {limit} images wait");
            }

            accepted?.Invoke(_waiting);
            _waiting += jobs.Count;
            return [.. jobs.Select(Insert)];
        }
    }

    private LinkedListNode<Entry> Insert(ImageJob job)
    {
        var lane = (job.Priority, job.Key);
        if (!_lanes.TryGetValue(lane, out var entries))
        {
            _lanes[lane] = entries = new LinkedList<Entry>();
        }

        _depths[job.Key] = _depths.GetValueOrDefault(job.Key) + 1;
        return entries.AddLast(new Entry(job, _came++));
    }

    /// <summary>Removes an image that its client has cancelled.</summary>
    private void Drop(LinkedListNode<Entry> node)
    {
        lock (_lock)
        {
            if (node.List is null)
            {
                return;
            }

            Remove(node);
        }

        var job = node.Value.Job;
        job.Fail(new OperationCanceledException(job.Cancellation));
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        var (lane, job) = (node.List!, node.Value.Job);
        lane.Remove(node);
        _waiting--;
        _depths[job.Key]--;
        if (lane.Count == 0)
        {
            _lanes.Remove((job.Priority, job.Key));
        }
    }

    private sealed class Entry(ImageJob job, long number)
    {
        public ImageJob Job => job;

        /// <summary>Number in order of arrival.</summary>
        public long Number => number;

        public CancellationTokenRegistration Leave { get; set; }
    }
}
